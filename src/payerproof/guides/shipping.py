"""Compile the guides that ship: ``python -m payerproof.guides.shipping SOURCES [FOLDER]``.

SOURCES is a folder tree that holds the packages named in ``profiles/guides/shipped.toml``.
The terminology package is cut down to the code systems and value sets that the others refer to.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

from payerproof.guides.corrections import correct
from payerproof.guides.displays import write_displays
from payerproof.guides.facts import compile_package
from payerproof.guides.package import Json, Package, read_package
from payerproof.guides.storage import write_facts
from payerproof.places import shipped

CORE = "hl7.fhir.r4.core"
TERMINOLOGY = "hl7.terminology.r4"


def compile_shipped(sources: Path, target: Path) -> list[str]:
    """Compile every guide of ``shipped.toml`` into ``target``; one line per guide as the answer."""
    listing = tomllib.loads((target / "shipped.toml").read_text(encoding="utf-8"))
    compiled: dict[str, Json] = {}
    packages: list[Package] = []
    for guide in listing["guide"]:
        found = sorted(sources.rglob(guide["source"]))
        if not found:
            raise FileNotFoundError(f"{guide['source']} is nowhere under the folder of sources")
        package = read_package(found[0])
        packages.append(package)
        package.name, package.version = guide["name"], guide["version"]
        package.dependencies = dict(guide.get("depends", {}))
        if package.name == CORE:
            correct(package, target / "r4-corrections.json")
        compiled[guide["folder"]] = compile_package(package)
    for facts in compiled.values():
        if facts["package"]["name"] == TERMINOLOGY:
            _keep_referenced(facts, compiled)
    for folder, facts in compiled.items():
        write_facts(facts, target / folder)
    write_displays(packages, target)
    return [f"{folder}: {len(f['structures'])} structures" for folder, f in compiled.items()]


def _keep_referenced(terminology: Json, compiled: dict[str, Json]) -> None:
    wanted: set[str] = set()
    for facts in compiled.values():
        if facts is terminology:
            continue
        for value_set in facts["valuesets"].values():
            wanted |= _references(value_set)
        for structure in facts["structures"].values():
            for _, element in structure["elements"]:
                wanted |= {b.split("|")[0] for b in element.get("b", [])[1:]}
    pending = set(wanted)
    while pending:
        url = pending.pop()
        more = _references(terminology["valuesets"].get(url, {"include": []})) - wanted
        wanted |= more
        pending |= more
    for kind in ("valuesets", "codesystems"):
        terminology[kind] = {u: v for u, v in terminology[kind].items() if u in wanted}


def _references(value_set: Json) -> set[str]:
    out: set[str] = set()
    for include in value_set["include"] + value_set.get("exclude", []):
        out.update(v.split("|")[0] for v in include.get("v", []))
        if "s" in include:
            out.add(include["s"])
    return out


if __name__ == "__main__":
    place = Path(sys.argv[2]) if len(sys.argv) > 2 else shipped("profiles") / "guides"
    sys.stdout.write("\n".join(compile_shipped(Path(sys.argv[1]), place)) + "\n")
