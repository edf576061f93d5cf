"""Find every check without running one: for lists, documentation and the run file."""

from __future__ import annotations

import importlib.util
import inspect
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType, ModuleType

from payerproof.model import Check
from payerproof.plugin.marks import CheckMark, mark_of


class CheckDefinitionError(Exception):
    """A check that cannot be used as it stands; names file and line."""


@cache
def discover_checks(suites: Path) -> Mapping[str, Check]:
    """Import every ``test_*.py`` below `suites` and return its checks by id.

    Raises `CheckDefinitionError` for a test function without a check id, a duplicate id, or a check
    without a docstring.
    """
    found: dict[str, Check] = {}
    places: dict[str, str] = {}
    for path in sorted(suites.glob("*/test_*.py")):
        module = _import(path, suites)
        for function, line in _functions(module):
            made = check_of(function, path, suites, line)
            if made.id in found:
                raise CheckDefinitionError(
                    f"{path}:{line}: {places[made.id]} has the id {made.id}; ids are used once"
                )
            found[made.id] = made
            places[made.id] = f"{path}:{line}"
    return MappingProxyType(found)


def check_of(function: object, path: Path, suites: Path, line: int) -> Check:
    """Describe one check function. Raises `CheckDefinitionError` as `discover_checks` does."""
    mark: CheckMark | None = mark_of(function)
    name = getattr(function, "__name__", "?")
    if mark is None:
        raise CheckDefinitionError(f"{path}:{line}: {name} has no @check id")
    title = inspect.getdoc(function) or ""
    if not title:
        raise CheckDefinitionError(f"{path}:{line}: {name} has no docstring to say its criterion")
    module = inspect.getmodule(function)
    area = (inspect.getdoc(module) or "").partition("\n")[0] if module else ""
    return Check(
        id=mark.id,
        title=" ".join(title.partition("\n\n")[0].split()),
        needs=mark.needs,
        prod=mark.prod,
        module=path.relative_to(suites).as_posix(),
        area_title=area,
    )


def _functions(module: ModuleType) -> Iterator[tuple[object, int]]:
    for name, value in vars(module).items():
        if name.startswith("test_") and callable(value):
            yield value, line_of(value)


def line_of(function: object) -> int:
    """Line at which a function's code begins; 0 where it has none."""
    code = getattr(inspect.unwrap(function), "__code__", None) if callable(function) else None
    return code.co_firstlineno if code is not None else 0


def _import(path: Path, suites: Path) -> ModuleType:
    name = "payerproof_suites." + ".".join(path.relative_to(suites).with_suffix("").parts)
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise CheckDefinitionError(f"{path}: cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
