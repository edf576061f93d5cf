"""The SMART configuration and its fallback in the CapabilityStatement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from payerproof.polite import Answer, Http, NotJson

OAUTH_URIS = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"


def well_known(base: str) -> str:
    """Address of the SMART configuration: appended to the FHIR base path, not to the host root."""
    return base.rstrip("/") + "/.well-known/smart-configuration"


@dataclass(frozen=True, slots=True)
class SmartConfiguration:
    """What the payer says about its authorization server."""

    base: str
    """FHIR base URL it was asked for."""
    document: Mapping[str, Any] = field(repr=False)
    """The document as it came; empty where there was none."""
    exchange: str
    """The exchange that brought it."""
    from_capability: Mapping[str, str] = field(default_factory=dict)
    """Endpoints found in the CapabilityStatement's oauth-uris extension, where that had to do."""

    def endpoint(self, name: str) -> str:
        """Return ``authorization_endpoint``, ``token_endpoint`` …, or an empty string."""
        value = self.document.get(name)
        return value if isinstance(value, str) else self.from_capability.get(name, "")

    def listed(self, name: str) -> tuple[str, ...]:
        """A list-valued field, strings only; empty where absent or of another type."""
        value = self.document.get(name)
        return tuple(v for v in value if isinstance(v, str)) if isinstance(value, list) else ()

    @property
    def capabilities(self) -> tuple[str, ...]:
        """SMART capabilities declared."""
        return self.listed("capabilities")

    @property
    def reading(self) -> str:
        """What a scope for reading and searching ends with: ``rs``, or ``read`` in version 1."""
        return "rs" if "permission-v2" in self.capabilities else "read"

    @property
    def issuer(self) -> str:
        """Issuer of identity tokens, or an empty string."""
        return self.endpoint("issuer")

    @property
    def claims_smart_2(self) -> bool:
        """True where signs of SMART 2.x are there: permission-v2, or PKCE methods listed."""
        return "permission-v2" in self.capabilities or bool(
            self.listed("code_challenge_methods_supported")
        )


def fetch(http: Http, base: str) -> SmartConfiguration:
    """Fetch the configuration; where there is none fall back on the CapabilityStatement.

    Quirk Q-DISC-01.

    Raises `payerproof.polite.Unreachable` where the host does not answer.
    """
    answer = http.send("GET", well_known(base), headers={"Accept": "application/json"})
    document = _object(answer)
    if document is not None:
        return SmartConfiguration(base, document, answer.exchange)
    statement = http.send(
        "GET", base.rstrip("/") + "/metadata", headers={"Accept": "application/fhir+json"}
    )
    uris = oauth_uris(_object(statement) or {})
    return SmartConfiguration(base, {}, answer.exchange, uris)


def oauth_uris(statement: Mapping[str, Any]) -> dict[str, str]:
    """Endpoints of the oauth-uris extension under the names of the SMART configuration."""
    found: dict[str, str] = {}
    names = {"authorize": "authorization_endpoint", "token": "token_endpoint"}
    names |= {key: f"{key}_endpoint" for key in ("register", "manage", "introspect", "revoke")}
    for rest in statement.get("rest") or []:
        for extension in (rest.get("security") or {}).get("extension") or []:
            if extension.get("url") != OAUTH_URIS:
                continue
            for inner in extension.get("extension") or []:
                if inner.get("url") in names and isinstance(inner.get("valueUri"), str):
                    found[names[inner["url"]]] = inner["valueUri"]
    return found


def _object(answer: Answer) -> dict[str, Any] | None:
    if answer.status != 200:
        return None
    try:
        value = answer.json()
    except NotJson:
        return None
    return value if isinstance(value, dict) else None
