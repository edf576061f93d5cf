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

FREE = frozenset({"api", "apps", "authorization", "member", "portal", "smart", "target"})
"""Fixtures that let nothing happen by themselves, as a rule."""
SHARED = frozenset({"observed", "revoked"})
"""Fixtures by which something happens once in a run, for whichever checks look at it."""
DEAR = frozenset({"login.lockout-and-enumeration/nothing-about-the-member"})
"""Checks that log in anew all the same."""


def near(defect: Defect) -> tuple[str, ...]:
    """Ids of the checks that this defect meets by the browser."""
    sources, checks = load_catalog(shipped("suites")).sources, discover_checks(shipped("suites"))
    cited = {name for entry in defect.cites for name in sources[entry].checks}
    free = FREE | (SHARED & {one for name in cited for one in _fixtures()[name]})
    beside = {
        name
        for name, check in checks.items()
        if {"browser", "portal"} & set(check.needs) and _fixtures()[name] <= free
    }
    return tuple(sorted(cited | beside - DEAR))


@cache
def _fixtures() -> dict[str, frozenset[str]]:
    """The fixtures that each check asks for, by its id."""
    found: dict[str, frozenset[str]] = {}
    for file in shipped("suites").glob("*/test_*.py"):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef):
                asked = frozenset(one.arg for one in node.args.args)
                found |= dict.fromkeys(_ids(node), asked)
    return found


def _ids(function: ast.FunctionDef) -> list[str]:
    """Ids of the checks that a function carries."""
    marks = (mark for mark in function.decorator_list if isinstance(mark, ast.Call))
    named = (mark for mark in marks if isinstance(mark.func, ast.Name) and mark.func.id == "check")
    return [str(ast.literal_eval(mark.args[0])) for mark in named]
