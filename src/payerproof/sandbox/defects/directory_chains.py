"""Chained searches of the directory, misunderstood.

Written from the behaviour that Plan-Net's CapabilityStatement demands and from FHIR R4, Search,
chained parameters.
"""

from __future__ import annotations

from payerproof.sandbox.data.world import Resource
from payerproof.sandbox.defects.changing import seed
from payerproof.sandbox.defects.replacing import public
from payerproof.sandbox.fhir.call import Refused
from payerproof.sandbox.fhir.parameters import Parameter
from payerproof.sandbox.public import chains
from payerproof.sandbox.public.chains import Test
from payerproof.sandbox.public.search import Shelf

_AREA = "directory"
_CITES = "Plan-Net:chaining"
_PLACE = frozenset(
    {"address", "address-postalcode", "address-city", "address-state", "organization", "type"}
)
_FIRM = frozenset({"name", "address", "partof", "type"})
_FOLLOWED = {
    **dict.fromkeys(("organization", "primary-organization", "participating-organization"), _FIRM),
    **dict.fromkeys(("network", "administered-by", "owned-by"), _FIRM),
    "partof": _FIRM | {"organization"},
    "location": _PLACE,
    "endpoint": frozenset({"organization"}),
    "practitioner": frozenset({"name"}),
    "service": frozenset({"service-category", "organization", "location"}),
}
"""What may follow a reference, by the guide's definitions of the parameters."""


def _deaf_ahead(shelf: Shelf, kind: str, name: str, value: str) -> Test | None:
    return chains.chained(shelf, kind, name, value) if name.startswith("_has:") else None


def _deaf_back(shelf: Shelf, kind: str, name: str, value: str) -> Test | None:
    return None if name.startswith("_has:") else chains.chained(shelf, kind, name, value)


def _no_way_back(shelf: Shelf, kind: str, name: str, value: str) -> Test | None:
    if name.startswith("_has:"):
        raise Refused(400, "not-supported", "_has is not supported.")
    return chains.chained(shelf, kind, name, value)


def _first(shelf: Shelf, resource: Resource, reference: Parameter) -> list[Resource | None]:
    return chains.followed(shelf, resource, reference)[:1]


def _no_further(shelf: Shelf, kind: str, name: str, value: str) -> Test | None:
    head, dot, inner = name.partition(".")
    if dot and inner not in _FOLLOWED.get(head.partition(":")[0], frozenset()):
        raise Refused(400, "not-supported", f"{name} is not supported.")
    return chains.chained(shelf, kind, name, value)


seed(
    "directory-chains-ignored",
    _AREA,
    _CITES,
    "A chain such as location.address-city is passed over: everything is found",
    public(chained=_deaf_ahead),
)
seed(
    "directory-reverse-chains-ignored",
    _AREA,
    _CITES,
    "_has is passed over: everything is found",
    public(chained=_deaf_back),
)
seed(
    "directory-reverse-chains-refused",
    _AREA,
    _CITES,
    "_has is refused with 400",
    public(chained=_no_way_back),
)
seed(
    "directory-chains-follow-the-first",
    _AREA,
    _CITES,
    "Of several places of one entry a chain follows the first only",
    public(followed=_first),
)
seed(
    "directory-other-chains-refused",
    _AREA,
    _CITES,
    "Chains over parameters that the guide does not list are refused",
    public(chained=_no_further),
    lawful=True,
)
