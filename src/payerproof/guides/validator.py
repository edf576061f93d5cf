"""The validator: one resource in, one result out.

A resource that passes the fast pass is valid; any other is judged again by the explaining pass,
which alone writes findings. The raw text, where given, is scanned for what parsing loses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from payerproof.guides import implied
from payerproof.guides.bundles import index
from payerproof.guides.errata import Errata, load_errata
from payerproof.guides.fast import Fast
from payerproof.guides.fastsupport import Env
from payerproof.guides.fhirpath.items import Context
from payerproof.guides.fhirpath.items import Node as PathNode
from payerproof.guides.findings import Result, ordered
from payerproof.guides.library import SHORT, GuideError, Library
from payerproof.guides.resources import check_resource
from payerproof.guides.run import Place, Resolver, Run
from payerproof.guides.schema import Schema
from payerproof.guides.text import judge_text
from payerproof.places import shipped

Where = Callable[[Result], Result]
"""Gives the findings of a result their places in a text."""


class Validator:
    """Judges resources against FHIR R4 and the profiles they claim, or that are asked for.

    ``guides``: short or package name -> version, for addresses without one. ``profiles``: further
    profiles (addresses) that every resource of their type must conform to. ``resolver``: reference
    -> resource, where the caller can fetch; the validator itself never uses the network.
    ``reveal``: quote member data in findings; off by default. Raises `GuideError` for a guide or
    profile that is not at hand.
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
        for name, version in full_names(guides or {}).items():
            self.library.guide(name, version)
        self.schema = Schema(self.library)
        self.errata = errata or load_errata(shipped("profiles") / "guides" / "errata.toml")
        self.profiles = tuple(profiles)
        self.resolver = resolver
        self.reveal = reveal
        self.fast = Fast(self.schema, self.errata)
        self._extra: dict[str, tuple[str, ...]] = {}
        for address in self.profiles:
            structure = self.library.structure(address, {})
            if structure is None:
                raise GuideError(f"the profile {address} is in none of the guides at hand")
            kind = structure.type
            self._extra[kind] = (*self._extra.get(kind, ()), address)

    def judge(self, resource: Any, *, now: str = "", where: Where | None = None) -> Result:
        """Judge a parsed resource; never raises for what the resource holds."""
        env = self.pass_fast(resource)
        if env is None:
            full = self.explain(resource, now=now)
            return where(full) if where is not None else full
        if not env.warnings and not env.unjudged:
            return Result(resource["resourceType"], self.applied(resource))

        def explain() -> Result:
            full = self.explain(resource, now=now)
            return where(full) if where is not None else full

        return Result(resource["resourceType"], self.applied(resource), explain=explain)

    def judge_text(self, text: bytes, *, now: str = "") -> Result:
        """Judge a resource as sent: also duplicate keys and digits, with line and column."""
        return judge_text(self, text, now)

    def pass_fast(self, resource: Any) -> Env | None:
        """The fast pass alone: what it noted on a resource without errors, or None."""
        env = Env(self._run, self.resolver)
        kind = resource.get("resourceType") if isinstance(resource, dict) else None
        extra = self._extra.get(kind, ()) if isinstance(kind, str) else ()
        extra += implied.profiles(resource)
        return env if self.fast.judge(resource, extra, env) else None

    def applied(self, resource: Any) -> tuple[str, ...]:
        """Address and version of the definitions that judge a resource known to have no error."""
        kind = resource["resourceType"]
        listed = (resource.get("meta") or {}).get("profile") or ()
        extra = self._extra.get(kind, ()) + implied.profiles(resource)
        return self.fast.applied(kind, tuple(listed), extra)

    def _run(self, resource: Any) -> Run:
        """The surroundings in which generated code evaluates an invariant."""
        run = Run(self.schema, self.errata, Context(self.schema.model), self.resolver)
        item = PathNode(resource, resource["resourceType"])
        run.env.resource = run.env.root = item
        return run

    def explain(self, resource: Any, *, now: str = "") -> Result:
        """The explaining pass alone."""
        run = Run(self.schema, self.errata, Context(self.schema.model, now=now), self.resolver)
        run.reveal = self.reveal
        kind = resource.get("resourceType", "") if isinstance(resource, dict) else ""
        name = kind if isinstance(kind, str) else ""
        if name == "Bundle":
            run.bundle = index(resource)
        place = Place(name[:64] or "(root)", (), resource, None, name)
        applied = check_resource(run, place, self._extra.get(name, ()))
        return Result(
            name[:64],
            applied,
            ordered(list(run.findings.values())),
            frozenset(run.unjudged),
            frozenset(run.mattered),
        )


def full_names(guides: Mapping[str, str]) -> dict[str, str]:
    """Short guide names made package names."""
    return {SHORT.get(name, name): version for name, version in guides.items()}
