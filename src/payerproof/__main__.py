"""``python -m payerproof``: the command line."""

from payerproof.cli import main

if __name__ == "__main__":
    main()
