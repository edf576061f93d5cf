"""The command line: `main` is the entry point; each command is a module of its own."""

from __future__ import annotations

from payerproof.cli.group import main

__all__ = ["main"]
