"""The validator: one resource in, one result out.

A resource that passes the fast pass is valid; any other is judged again by the explaining pass,
which alone writes findings. The raw text, where given, is scanned for what parsing loses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import orjson

from payerproof.guides.errata import Errata, load_errata
from payerproof.guides.fast import Fast
from payerproof.guides.fastsupport import Env
from payerproof.guides.fhirpath.items import Context
from payerproof.guides.fhirpath.items import Node as PathNode
from payerproof.guides.findings import ERROR, Finding, Result, ordered
from payerproof.guides.library import Library
from payerproof.guides.resources import bundle_index, check_resource
from payerproof.guides.run import Place, Resolver, Run
from payerproof.guides.schema import Schema
from payerproof.places import shipped


class Validator:
    """Judges resources against FHIR R4 and the profiles they claim, or that are asked for.

    ``guides``: short or package name -> version, for addresses without one. ``profiles``: further
    profiles (addresses) that every resource of their type must conform to. ``resolver``: reference
    -> resource, where the caller can fetch; the validator itself never uses the network.
    ``reveal``: quote member data in findings; off by default.
    """

    def __init__(
        self,
        guides: Mapping[str, str] | None = None,
        *,
        profiles: Iterable[str] = (),
        resolver: Resolver | None = None,
        reveal: bool = False,
        library: Library | None = None,
        errata: Errata | None = None,
    ) -> None:
        self.library = library or Library(chosen=full_names(guides or {}))
        self.schema = Schema(self.library)
        self.errata = errata or load_errata(shipped("profiles") / "guides" / "errata.toml")
        self.profiles = tuple(profiles)
        self.resolver = resolver
        self.reveal = reveal
        self.fast = Fast(self.schema, self.errata)

    def judge(self, resource: Any, *, now: str = "") -> Result:
        """Judge a parsed resource; never raises for what the resource holds."""
        env = Env(self._run, self.resolver)
        if not self.fast.judge(resource, self.profiles, env):
            return self.explain(resource, now=now)
        if env.warnings or env.unjudged:
            return self.explain(resource, now=now)
        return Result(resource["resourceType"], ())

    def _run(self, resource: Any) -> Run:
        """The surroundings in which generated code evaluates an invariant."""
        run = Run(self.schema, self.errata, Context(self.schema.model), self.resolver)
        item = PathNode(resource, resource["resourceType"])
        run.env.resource = run.env.root = item
        return run

    def judge_text(self, text: bytes, *, now: str = "") -> Result:
        """Judge a resource as sent: also duplicate keys and digits, with line and column."""
        from payerproof.guides.text import judge_text

        return judge_text(self, text, now)

    def explain(self, resource: Any, *, now: str = "") -> Result:
        """The explaining pass alone."""
        run = Run(self.schema, self.errata, Context(self.schema.model, now=now), self.resolver)
        run.reveal = self.reveal
        kind = resource.get("resourceType", "") if isinstance(resource, dict) else ""
        name = kind if isinstance(kind, str) else ""
        if name == "Bundle":
            run.bundle = bundle_index(resource)
        place = Place(name or "(root)", (), resource, None, name)
        applied = check_resource(run, place, self._extra(name))
        return Result(
            name,
            applied,
            ordered(list(run.findings.values())),
            frozenset(run.unjudged),
            frozenset(run.mattered),
        )

    def _extra(self, kind: str) -> tuple[str, ...]:
        out = []
        for address in self.profiles:
            structure = self.library.structure(address, {})
            if structure is not None and structure.type == kind:
                out.append(address)
        return tuple(out)


def full_names(guides: Mapping[str, str]) -> dict[str, str]:
    """Short guide names made package names."""
    from payerproof.guides.library import SHORT

    return {SHORT.get(name, name): version for name, version in guides.items()}


def parse_failure(message: str, line: int, column: int) -> Result:
    """The result for a text that is not JSON."""
    finding = Finding(
        ERROR,
        "json",
        "(root)",
        (),
        "",
        "JSON in UTF-8",
        message,
        f"Send valid JSON: {message}.",
        line,
        column,
    )
    return Result("", (), (finding,))


def load(path: Path) -> Any:
    """A JSON file, parsed."""
    return orjson.loads(path.read_bytes())
