"""Python's garbage collector while checks run: what was loaded before them is not looked through.

A long record is parsed over and over, which makes the collector search everything that lives; with
pytest, the guides and the suites loaded that takes longer than the parsing itself.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_BEGIN = 20_000
"""New containers after which the collector looks at the new ones; Python's own default is 700."""


@contextmanager
def calm() -> Iterator[None]:
    """Leave what is there now alone, and look for garbage less often, until the block ends.

    Where somebody has done so already, nothing changes.
    """
    if gc.get_freeze_count():
        yield
        return
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(_BEGIN, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
