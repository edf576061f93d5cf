"""Which checks a defect meets by the browser where it need not meet all of them.

Those that serve the entries which the defect cites (`suites/sources.toml`), and every other check
of pages that costs nothing beside them: it looks at the pages on which the member connected the
first app, or at what one of those checks lets happen anyway.
"""

from __future__ import annotations

import ast
from functools import cache

from payerproof.catalog import load_catalog
from payerproof.places import shipped
from payerproof.plugin.discover import discover_checks
from payerproof.sandbox.defects import Defect
from tests.matrix.child import LATER

FREE = frozenset({"api", "apps", "authorization", "member", "portal", "smart", "target"})
"""Fixtures that let nothing happen by themselves, as a rule."""

AHEAD = frozenset({"provider_access", "bulk", "payer_to_payer", "prior_auth_data"})
"""Areas whose duties bind from 2027: their defects are judged as of a day after that."""


def as_of(defect: Defect | None) -> str:
    """The day as of which a defect's tenant is judged; empty: the matrix's ordinary one."""
    return LATER if defect is not None and defect.area in AHEAD else ""


PAGES = ("consent", "revocation", "transport", "scopes", "household")
"""Areas of defects that may show on pages."""


def has_pages(defect: Defect) -> bool:
    """True where a defect may show on pages: by its area, or by what it cites.

    Of Provider Access only the page shows on which members decide, and what leads to it.
    """
    if defect.area in PAGES:
        return True
    checks = discover_checks(shipped("suites"))
    return defect.area == "provider_access" and any(
        "opt_out_page" in checks[name].needs for name in _cited(defect)
    )


def _cited(defect: Defect) -> set[str]:
    """Checks that serve the entries which a defect cites; a place in a guide has none."""
    sources = load_catalog(shipped("suites")).sources
    return {n for entry in defect.cites if entry in sources for n in sources[entry].checks}


FOLDERS = {
    "bulk": ("bulk", "provider_access", "revocation"),
    "directory": ("provider_directory",),
    "formulary": ("formulary", "patient_access"),
    "household": ("rep", "isolation", "revocation", "authorization", "carin_bb"),
}
"""Folders of the checks of an area, where they are not of its name."""


def folders(defect: Defect) -> tuple[str, ...]:
    """Folders of the checks that a defect meets first."""
    return FOLDERS.get(defect.area, (defect.area,))


def on_pages() -> tuple[str, ...]:
    """Every check that looks at pages."""
    checks = discover_checks(shipped("suites"))
    return tuple(n for n, check in checks.items() if {"browser", "portal"} & set(check.needs))


def near(defect: Defect) -> tuple[str, ...]:
    """Ids of the checks that this defect meets by the browser."""
    checks, cited = discover_checks(shipped("suites")), _cited(defect)
    free = FREE | {one for name in cited for one in _fixtures()[name] if _once(one)}
    beside = {
        name
        for name, check in checks.items()
        if {"browser", "portal"} & set(check.needs) and _fixtures()[name] <= free
    }
    return tuple(sorted(cited | beside))


def _once(fixture: str) -> bool:
    """True for what happens once in a run, for whichever checks look at it."""
    return fixture == "revoked" or fixture.startswith("observed.")


@cache
def _fixtures() -> dict[str, frozenset[str]]:
    """What each check asks for, by its id: fixtures, and single observations of ``observed``."""
    found: dict[str, frozenset[str]] = {}
    for file in shipped("suites").glob("*/test_*.py"):
        body = ast.parse(file.read_text(encoding="utf-8")).body
        functions = {node.name: node for node in body if isinstance(node, ast.FunctionDef)}
        for function in functions.values():
            asked = {one.arg for one in function.args.args} - {"observed"}
            asked |= {f"observed.{name}" for name in _observations(function, functions)}
            found |= dict.fromkeys(_ids(function), frozenset(asked))
    return found


def _observations(function: ast.FunctionDef, known: dict[str, ast.FunctionDef]) -> set[str]:
    """Methods of ``observed`` that a function, or one to which it is handed on, calls."""
    found: set[str] = set()
    for node in ast.walk(function):
        match node:
            case ast.Attribute(value=ast.Name(id="observed"), attr=name):
                found.add(name)
            case ast.Call(func=ast.Name(id=name), args=given) if name in known and any(
                isinstance(one, ast.Name) and one.id == "observed" for one in given
            ):
                found |= _observations(known[name], known)
    return found


def _ids(function: ast.FunctionDef) -> list[str]:
    """Ids of the checks that a function carries."""
    marks = (mark for mark in function.decorator_list if isinstance(mark, ast.Call))
    named = (mark for mark in marks if isinstance(mark.func, ast.Name) and mark.func.id == "check")
    return [str(ast.literal_eval(mark.args[0])) for mark in named]
