"""Run the matrix: every defect of the sandbox against every check.

``python -m tests.matrix`` goes on where it was stopped and writes ``tests/matrix/results.json``
when every cell is there; ``--shard 1/4`` does a quarter of them; ``--near`` lets a defect meet the
checks of its own area only, and by the browser those near it (`tests.matrix.near`), which takes
minutes; ``--expected`` writes what each defect was caught
by into the sandbox's ``expected.toml``, for somebody to read before it is committed.
"""

from __future__ import annotations

import argparse
import json
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from payerproof.places import shipped
from payerproof.plugin.discover import discover_checks
from payerproof.sandbox import Sandbox
from payerproof.sandbox.defects import EXPECTED, Defect, all_defects
from payerproof.sandbox.faces import FACES
from tests.matrix.compare import caught_by, check_of
from tests.matrix.harness import Harness
from tests.matrix.near import as_of, folders, has_pages, on_pages
from tests.matrix.near import near as near_checks
from tests.matrix.state import ROOT, digest

RESULTS = ROOT / "tests" / "matrix" / "results.json"
PARTIAL = ROOT / "reports" / "matrix"


def main() -> int:
    """Judge what is missing; return 0 where every cell is there."""
    options = _options()
    state = digest()
    PARTIAL.mkdir(parents=True, exist_ok=True)
    shard = "-".join(map(str, options.shard))
    store = PARTIAL / f"{state[:16]}{'-near' if options.near else ''}.{shard}.jsonl"
    known = _read(store)
    for other in PARTIAL.glob(f"{store.name.partition('.')[0]}.*.jsonl"):
        known |= _read(other)
    older = _older(options.older, known)
    jobs = [job for job in _jobs(options) if _name(job) not in known]
    print(f"{len(known)} cells known, {len(jobs)} to do (state {state[:16]})", file=sys.stderr)
    if jobs:
        with Sandbox() as sandbox, store.open("a", encoding="utf-8") as out:
            harness = Harness(sandbox)
            for number, job in enumerate(jobs, start=1):
                answer = _judged(harness, job, near=options.near)
                known[_name(job)] = answer
                out.write(json.dumps({"name": _name(job), **answer}) + "\n")
                out.flush()
                print(f"{number}/{len(jobs)} {_name(job)} {answer['seconds']} s", file=sys.stderr)
            harness.close()
    if options.shard == (1, 1) and not options.defect:
        _write_results(
            state, known | older, near=options.near, older=options.older if older else ""
        )
    if options.expected:
        _write_expected(known | older)
    return 0


def _options() -> Any:
    parser = argparse.ArgumentParser(prog="python -m tests.matrix", description=__doc__)
    parser.add_argument("--shard", type=_shard, default=(1, 1), metavar="I/N")
    parser.add_argument("--defect", action="append", default=[], metavar="ID")
    parser.add_argument("--login", choices=["hook", "browser", "both"], default="both")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="each Nth defect only")
    parser.add_argument("--near", action="store_true", help="a defect meets its own area only")
    parser.add_argument("--expected", action="store_true")
    parser.add_argument(
        "--older", default="", metavar="STATE", help="cells of an older state, where none is newer"
    )
    return parser.parse_args()


def _shard(text: str) -> tuple[int, int]:
    part, _, of = text.partition("/")
    return int(part), int(of)


def _jobs(options: Any) -> Iterator[tuple[str, str]]:
    """Pairs of tenant and way of login: the clean faces, then each defect on the plain face."""
    defects = all_defects()
    chosen = options.defect or [
        name for name in defects if zlib.crc32(name.encode()) % options.every == 0
    ]
    faces = ["plain"] if options.near else list(FACES)
    tenants = [*faces, *(f"plain+{name}" for name in chosen)]
    part, of = options.shard
    for tenant in tenants:
        if zlib.crc32(tenant.encode()) % of == part - 1 or tenant in FACES:
            if options.login in ("hook", "both"):
                yield tenant, "hook"
            if options.login in ("browser", "both") and _has_pages(defects, tenant):
                yield tenant, "browser"


def _has_pages(defects: dict[str, Defect], tenant: str) -> bool:
    defect = defects.get(tenant.partition("+")[2])
    return defect is None or has_pages(defect)


def _judged(harness: Harness, job: tuple[str, str], *, near: bool) -> dict[str, Any]:
    tenant, login = job
    areas: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    defect = all_defects().get(tenant.partition("+")[2])
    if login == "browser":
        checks = near_checks(defect) if near and defect is not None else on_pages()
    elif near and defect is not None:
        areas = folders(defect)
    if login == "browser":  # a house of its own: consents of the run by hook may be remembered
        face, _, seeded = tenant.partition("+")
        tenant = f"by-browser-{tenant}"
        harness.sandbox.tenant(face, [seeded] if seeded else [], tenant)
    try:
        return harness.judge(tenant, login=login, areas=areas, checks=checks, as_of=as_of(defect))
    except RuntimeError as trouble:
        return {"outcomes": {}, "observed": {}, "code": 5, "seconds": 0, "trouble": str(trouble)}


def _name(job: tuple[str, str]) -> str:
    return "/".join(job)


def _read(store: Path) -> dict[str, dict[str, Any]]:
    if not store.exists():
        return {}
    lines = (json.loads(line) for line in store.read_text(encoding="utf-8").splitlines() if line)
    return {line.pop("name"): line for line in lines}


def _older(state: str, known: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Cells that were measured at another state of the code only, and the face they belong to."""
    found: dict[str, dict[str, Any]] = {}
    for store in PARTIAL.glob(f"{state[:16]}-near.*.jsonl") if state else ():
        found |= _read(store)
    return {name: cell for name, cell in found.items() if name not in known}


def cells(known: dict[str, dict[str, Any]], defect: str) -> tuple[set[str], set[str], set[str]]:
    """Checks that caught a defect, that became inconclusive, and that changed otherwise."""
    caught: set[str] = set()
    lost: set[str] = set()
    other: set[str] = set()
    for login in ("hook", "browser"):
        found = known.get(f"plain+{defect}/{login}", {}).get("outcomes", {})
        clean = known.get(f"plain/{login}", {}).get("outcomes", {})
        caught |= caught_by(clean, found)
        for key, outcome in found.items():
            if outcome == clean.get(key) or check_of(key) in caught:
                continue
            footing = outcome in ("inconclusive", "not applicable")
            (lost if footing else other).add(check_of(key))
    return caught, lost - caught, other - caught


def _write_results(state: str, known: dict[str, dict[str, Any]], *, near: bool, older: str) -> None:
    rows = {}
    for name, defect in all_defects().items():
        if not any(f"plain+{name}/{login}" in known for login in ("hook", "browser")):
            continue
        caught, lost, other = cells(known, name)
        rows[name] = {
            "area": defect.area,
            "lawful": defect.lawful,
            "caught_by": sorted(caught),
            "inconclusive": sorted(lost),
            "otherwise": sorted(other),
        }
    clean = {
        job: sorted(k for k, o in answer["outcomes"].items() if o in ("failed", "warning", "error"))
        for job, answer in known.items()
        if "+" not in job
    }
    reach = "own area" if near else "every check"
    content = {
        "state": state,
        "older_state_of_the_browsers_cells": older,
        "reach": reach,
        "clean_faces": clean,
        "defects": rows,
        "checks": _trust(rows, known),
    }
    RESULTS.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    harmful = {name: row for name, row in rows.items() if not row["lawful"]}
    missed = sorted(name for name, row in harmful.items() if not row["caught_by"])
    print(f"{len(harmful) - len(missed)} of {len(harmful)} defects caught", file=sys.stderr)
    for name in missed:
        print(f"  missed: {name}", file=sys.stderr)
    for name, row in rows.items():
        if row["lawful"] and (row["caught_by"] or row["otherwise"]):
            print(f"  false alarm: {name}: {row['caught_by'] + row['otherwise']}", file=sys.stderr)


def _trust(
    rows: dict[str, dict[str, Any]], known: dict[str, dict[str, Any]]
) -> dict[str, list[str]]:
    """Checks that nothing has failed yet, and those that alone catch some defect.

    A MAY counts as seen where a clean face or a benign twin was noted for it: both may be odd.
    """
    caught = [row["caught_by"] for row in rows.values() if not row["lawful"]]
    seen = {check for found in caught for check in found}
    lawful = {f"plain+{name}" for name, row in rows.items() if row["lawful"]}
    seen |= {
        check_of(key)
        for name, cell in known.items()
        if name.rpartition("/")[0] in lawful or "+" not in name
        for key, outcome in cell["outcomes"].items()
        if outcome == "noted"
    }
    every = set(discover_checks(shipped("suites")))
    return {
        "never_seen_to_fail": sorted(every - seen),
        "alone_catch_some_defect": sorted({found[0] for found in caught if len(found) == 1}),
    }


def _write_expected(known: dict[str, dict[str, Any]]) -> None:
    """Write what was measured; what was not measured this time stays as it stands."""
    lines = [
        "# What each defect is caught by; written by `python -m tests.matrix --expected`",
        "# and read by somebody before it was committed.",
    ]
    for name, defect in sorted(all_defects().items()):
        caught, lost = set(defect.must_fail), set(defect.may_become_inconclusive)
        if tried := _tried(known, name):
            now_caught, now_lost, _ = cells(known, name)
            caught = now_caught | (caught - tried)
            lost = (now_lost | (lost - tried)) - caught
        if caught or lost:
            lines += ["", f"[{name}]", f"must_fail = {json.dumps(sorted(caught))}"]
            if lost:
                lines.append(f"may_become_inconclusive = {json.dumps(sorted(lost))}")
    EXPECTED.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _tried(known: dict[str, dict[str, Any]], defect: str) -> set[str]:
    """Checks that this measurement has tried on a defect."""
    return {
        check_of(key)
        for login in ("hook", "browser")
        for key, outcome in known.get(f"plain+{defect}/{login}", {}).get("outcomes", {}).items()
        if outcome != "not tested"
    }


if __name__ == "__main__":
    sys.exit(main())
