"""Clinics and other payers of a payer file: who asks the payer by machine, and about whom."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from payerproof.target.people import Id
from payerproof.target.secrets import Secret
from payerproof.target.settings import Table

SigningAlg = Literal["", "ES384", "RS384"]
WebAddress = Annotated[str, StringConstraints(pattern=r"^https?://[^\s/?#]+[^\s#]*$")]


class Partner(Table):
    """A client that signs in by itself, with no member present (SMART Backend Services)."""

    id: Id
    """Our name for it, used by checks and the report."""
    name: str = ""
    """As the payer knows it."""
    client_id: str = Field(min_length=1)
    """As the payer registered it."""
    key: Secret
    """Private key (PEM or JWK) whose public half is registered."""
    key_id: str = ""
    """kid of that key in the registered key set; a JWK may bring its own."""
    alg: SigningAlg = ""
    """Signature algorithm of that key; empty: chosen by the kind of key."""
    second_key: Secret | None = None
    """A second registered key, for the other algorithm, where there is one."""
    second_key_id: str = ""
    """kid of the second key."""
    scopes: str = "system/*.rs"
    """Scopes registered for it, separated by blanks."""
    token_endpoint: WebAddress | None = None
    """Where it gets its tokens; left out: as the API's SMART configuration says."""
    npi: str = Field(default="", pattern=r"^(\d{10})?$")
    """National Provider Identifier of the organisation."""

    @property
    def type(self) -> str:
        """How it authenticates: as an app with a registered key does."""
        return "confidential-asymmetric"

    @property
    def secret(self) -> None:
        """It has no client secret."""
        return None

    @property
    def with_second_key(self) -> Partner:
        """The same client signing with its second key; raises `ValueError` without one."""
        if self.second_key is None:
            raise ValueError(f"{self.id} has no second key")
        changes = {"key": self.second_key, "key_id": self.second_key_id, "alg": ""}
        return self.model_copy(update=changes)


class Clinic(Partner):
    """A provider organisation with access to the Provider Access API."""

    tin: str = ""
    """Taxpayer identification number, as the payer's lists have it."""
    in_network: bool = True
    """In the payer's network today (for State programmes: enrolled)."""
    treats: tuple[Id, ...] = ()
    """Personas whom the clinic treats today, by what the payer knows. Their data are shared where
    the clinic is in the network and the persona has neither opted out nor left the plan."""
    treated: tuple[Id, ...] = ()
    """Personas whom it treated once: the relationship has ended."""
    group: str = ""
    """Logical id of its attribution Group, where the payer told one; left out: searched."""


class OtherPayer(Partner):
    """Another payer that exchanges members' records with this one (Payer-to-Payer)."""

    payer_id: str = ""
    """Identifier of the payer, such as its NAIC number."""
    opted_in: tuple[Id, ...] = ()
    """Personas who asked that their record go to this payer."""
    withdrawn: tuple[Id, ...] = ()
    """Personas who asked so once and took it back."""
