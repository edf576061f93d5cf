"""One request in the making: who asks, of which payer, and the two ways in which it can end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, Protocol

from payerproof.sandbox.access import Access

if TYPE_CHECKING:
    from payerproof.sandbox.data.world import Resource, World
    from payerproof.sandbox.fhir.parameters import Parameter
    from payerproof.sandbox.fhir.policy import FhirPolicies

AS_OF = datetime(2026, 11, 21, 12, tzinfo=UTC)
"""The day the data was made for; comparisons with ``ap`` count from it."""


class FaceFacts(Protocol):
    """What the FHIR server needs to know of a face."""

    @property
    def foreign_read(self) -> int:
        """Status for a resource that is not the member's."""

    @property
    def foreign_search(self) -> str:
        """``403`` or ``empty``: the answer to a search that names another member."""

    @property
    def paging(self) -> str:
        """``offset`` or ``cursor``."""

    @property
    def bundle_total(self) -> bool:
        """Whether a Bundle tells its total."""

    @property
    def page_size(self) -> int:
        """Entries of a page where the client does not say."""


class Refused(Exception):
    """A request that ends in an error; becomes an OperationOutcome.

    `code` is a FHIR issue type, `text` says what is wrong without any value of the record.
    """

    def __init__(
        self,
        status: int,
        code: str,
        text: str,
        *,
        headers: Mapping[str, str] | None = None,
        detail: str = "",
    ) -> None:
        super().__init__(text)
        self.status = status
        self.code = code
        self.text = text
        self.headers = dict(headers or {})
        self.detail = detail


@dataclass(frozen=True)
class Reply:
    """An answer before it is written: a resource, raw bytes, or nothing."""

    status: int = 200
    resource: dict[str, Any] | None = None
    raw: bytes = b""
    content_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    def with_headers(self, more: Mapping[str, str]) -> Reply:
        """Return the reply with more headers."""
        return replace(self, headers={**self.headers, **more})


@dataclass(frozen=True)
class Call:
    """An authenticated request: `base` is the FHIR base without trailing slash."""

    method: str
    base: str
    tenant_name: str
    face: FaceFacts
    world: World
    policies: FhirPolicies
    access: Access
    headers: Mapping[str, str]
    handling: Literal["strict", "lenient"] = "lenient"


@dataclass(frozen=True)
class Criterion:
    """One search parameter as asked: `values` are alternatives (or), criteria combine (and)."""

    parameter: Parameter
    modifier: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Include:
    """One ``_include`` or ``_revinclude``: where the reference stands, and whether it repeats."""

    source: str
    parameter: str
    target: str = ""
    iterate: bool = False


@dataclass(frozen=True)
class Asked:
    """A search as understood.

    `pairs` are the parameters that count, as sent; `offset` is the number of matches before this
    page; `posted` tells that the parameters came in a body and should not turn up in URLs; `sent`
    holds all parameters as they were sent.
    """

    resource_type: str
    pairs: tuple[tuple[str, str], ...] = ()
    criteria: tuple[Criterion, ...] = ()
    includes: tuple[Include, ...] = ()
    revincludes: tuple[Include, ...] = ()
    count: int | None = None
    offset: int = 0
    elements: tuple[str, ...] = ()
    summary: str = ""
    total: str = ""
    sort: tuple[str, ...] = ()
    posted: bool = False
    sent: tuple[tuple[str, str], ...] = ()

    def values(self, *names: str) -> tuple[str, ...]:
        """All values of the named parameters, alternatives taken apart."""
        return tuple(
            value
            for criterion in self.criteria
            if criterion.parameter.name in names
            for value in criterion.values
        )


@dataclass(frozen=True)
class Found:
    """What a search found: the matches the token may see, and those it may not."""

    visible: tuple[Resource, ...]
    hidden: tuple[Resource, ...] = ()
