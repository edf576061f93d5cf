"""Rows of ``payerproof list``: one mapping per thing, the same keys in every row of a kind."""

from __future__ import annotations

from payerproof.cli import material
from payerproof.places import shipped

Rows = list[dict[str, str]]


def requirements() -> Rows:
    """Every requirement, with how many checks serve it."""
    served: dict[str, int] = {}
    for check in material.checks().values():
        served[check.requirement] = served.get(check.requirement, 0) + 1
    return [
        {
            "id": one.id,
            "area": one.area,
            "level": one.level.value,
            "severity": one.severity.value,
            "checks": str(served.get(one.id, 0)),
            "text": one.text,
        }
        for one in material.catalogue().requirements.values()
    ]


def checks() -> Rows:
    """Every check, with what it needs."""
    return [
        {
            "id": one.id,
            "area": one.requirement.partition(".")[0],
            "production": one.prod.value,
            "needs": ", ".join(one.needs),
            "title": one.title,
        }
        for one in material.checks().values()
    ]


def defects() -> Rows:
    """Every defect that the sandbox can be given."""
    from payerproof.sandbox.defects import all_defects

    return [
        {
            "id": one.id,
            "area": one.area,
            "cites": ", ".join(one.cites),
            "fails": ", ".join(one.must_fail),
            "title": one.title,
        }
        for one in all_defects().values()
    ]


def guides() -> Rows:
    """Every guide whose facts ship."""
    folder = shipped("profiles") / "guides"
    found = []
    for path in sorted(folder.glob("*/")):
        name, _, version = path.name.rpartition("-")
        found.append({"guide": name or path.name, "version": version, "folder": path.name})
    return found


def payers() -> Rows:
    """Every payer file that ships; its name can be given in place of a path."""
    import tomllib

    from payerproof.target import shipped_payers

    found = []
    for name, path in shipped_payers().items():
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        found.append(
            {
                "name": name,
                "environment": str(content.get("environment", "")),
                "programmes": ", ".join(content.get("programmes", ())),
                "payer": str(content.get("name", "")),
            }
        )
    return found
