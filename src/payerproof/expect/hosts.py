"""The hosts that a member's data and login pass through, and whether an address is one of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import SplitResult, urlsplit

from payerproof.expect.outcomes import not_applicable_unless
from payerproof.smart.configuration import SmartConfiguration
from payerproof.target import Target

ROLES = ("fhir", "authorize", "token", "portal")
"""What a host is for, the FHIR API first."""

_PORTS = {"https": 443, "http": 80}


def addresses(target: Target, smart: SmartConfiguration) -> dict[str, str]:
    """Role → address, for the roles that the payer publishes."""
    base = target.endpoints.patient_access.rstrip("/")
    found = {
        "fhir": base + "/metadata",
        "authorize": smart.endpoint("authorization_endpoint"),
        "token": smart.endpoint("token_endpoint"),
        "portal": target.pages.app_management or smart.endpoint("management_endpoint"),
    }
    return {role: url for role, url in found.items() if url}


def address_of(role: str, target: Target, smart: SmartConfiguration) -> str:
    """The address of a role; not applicable where the payer publishes none."""
    known = addresses(target, smart)
    not_applicable_unless(role in known, f"The payer publishes no address of the role {role}.")
    return known[role]


def by_host(target: Target, smart: SmartConfiguration) -> dict[tuple[str, int], str]:
    """One address for each distinct host and port, those of every published endpoint among them."""
    found: dict[tuple[str, int], str] = {}
    published = (smart.endpoint(name) for name in smart.document if name.endswith("_endpoint"))
    secure = (url for url in published if url.lower().startswith("https://"))
    for url in (*addresses(target, smart).values(), *secure):
        found.setdefault(place(url), url)
    return found


def place(url: str) -> tuple[str, int]:
    """Host in lower case and port of an address."""
    parts = urlsplit(url)
    return (parts.hostname or "").lower(), port_of(parts)


def port_of(parts: SplitResult) -> int:
    """The port that is written, or that of the scheme; 0 where neither makes sense."""
    try:
        return parts.port or _PORTS.get(parts.scheme.lower(), 0)
    except ValueError:
        return 0


def lies_below(url: str, base: str) -> bool:
    """True where an address has the base's scheme, host, port and path."""
    one, other = urlsplit(url), urlsplit(base)
    path = other.path.rstrip("/")
    return (
        one.scheme.lower() == other.scheme.lower()
        and place(url) == place(base)
        and "@" not in one.netloc
        and (one.path.rstrip("/") == path or one.path.startswith(path + "/"))
    )


def links_in(value: object) -> Iterator[str]:
    """Absolute addresses that a reader of a resource would follow, http and https alike.

    These are references, attachments, fullUrl and Bundle links; the ``url`` of an extension and
    the ``system`` of a code are names, not links.
    """
    if isinstance(value, Mapping):
        for name, inner in value.items():
            followed = name in ("reference", "fullUrl") or (
                name == "url" and ("contentType" in value or "relation" in value)
            )
            if followed and isinstance(inner, str) and inner.startswith(("http://", "https://")):
                yield inner
            yield from links_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from links_in(inner)
