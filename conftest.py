"""Makes ``pytest suites --payer FILE`` work from a checkout, with reports beside the run file.

It acts on items under ``suites/`` only: without ``--payer`` nothing of it wakes up.
"""

from __future__ import annotations

from pathlib import Path

import pytest

pytest_plugins = ["payerproof.plugin"]


def pytest_unconfigure(config: pytest.Config) -> None:
    """Write the reports of a run that plain pytest carried out."""
    from payerproof.plugin import CONTROLLER

    controller = config.stash.get(CONTROLLER, None)
    if controller is not None and controller.run is not None:
        from payerproof.report import write_all

        write_all(Path(controller.settings.run_dir))
