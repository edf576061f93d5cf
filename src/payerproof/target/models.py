"""The payer file as frozen models: one TOML file that describes a target whole."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from payerproof.target.partners import Clinic, OtherPayer
from payerproof.target.people import App, Control, Persona, Recipe
from payerproof.target.secrets import Secret
from payerproof.target.settings import Limits, Permissions, Policy, Quirks, Table, Tls

Programme = Literal["MA", "MEDICAID_FFS", "MEDICAID_MCO", "CHIP", "QHP_FFE"]
Address = Annotated[str, StringConstraints(pattern=r"^https?://[^\s/?#]+[^\s#]*$")]
"""An absolute web address; kept byte for byte as written."""


class Endpoints(Table):
    """Base addresses of the payer's FHIR APIs, as published."""

    patient_access: Address
    provider_access: Address | None = None
    payer_to_payer: Address | None = None
    directory: Address | None = None
    formulary: Address | None = None


class Pages(Table):
    """Public pages, and the portal pages where a member sees apps and decides on sharing."""

    member_education: Address | None = None
    developer_docs: Address | None = None
    app_gallery: Address | None = None
    app_management: Address | None = None
    provider_education: Address | None = None
    provider_access: Address | None = None


class PayerFile(Table):
    """What stands in a payer file."""

    name: str = Field(min_length=1)
    """The payer, as the report calls it."""
    programmes: tuple[Programme, ...] = Field(min_length=1)
    """Lines of business behind these endpoints; they decide which rules bind."""
    state: str = Field(default="", pattern=r"^([A-Z]{2})?$")
    """Two-letter postal code of the State, where rules depend on it."""
    environment: Literal["sandbox", "production"]
    """"production" has real members: a run then asks for --production."""
    operator: str = ""
    """Who runs the tests, for the report."""
    organisation: str = ""
    """The operator's organisation, for the report."""
    endpoints: Endpoints
    earlier_versions: tuple[Address, ...] = ()
    """Bases of earlier versions of the Patient Access API, retired ones too."""
    pages: Pages = Pages()
    guides: dict[str, str] = Field(default_factory=dict)
    """Guide versions to test against, such as carin_bb = "2.1.0"; empty: as the payer declares."""
    policy: Policy = Policy()
    limits: Limits = Limits()
    permissions: Permissions = Permissions()
    tls: Tls = Tls()
    quirks: Quirks = Quirks()
    apps: tuple[App, ...] = ()
    personas: tuple[Persona, ...] = ()
    clinics: tuple[Clinic, ...] = ()
    payers: tuple[OtherPayer, ...] = ()
    logins: tuple[Recipe, ...] = ()
    controls: dict[str, Control] = Field(default_factory=dict)
    tokens: dict[str, Secret] = Field(default_factory=dict)
    """Access tokens by persona id, where a login can't be scripted."""
    exclude: dict[str, str] = Field(default_factory=dict)
    """Checks left out, by id, each with the reason that the report prints."""


class Target(PayerFile):
    """A payer file read, with where it came from."""

    path: str
    """The file that was read."""
    digest: str
    """SHA-256 of the file, hexadecimal."""

    def app(self, name: str) -> App:
        """The app with this id; raises `KeyError`."""
        return {one.id: one for one in self.apps}[name]

    def persona(self, name: str) -> Persona:
        """The persona with this id; raises `KeyError`."""
        return {one.id: one for one in self.personas}[name]

    def clinic(self, name: str) -> Clinic:
        """The clinic with this id; raises `KeyError`."""
        return {one.id: one for one in self.clinics}[name]

    def payer(self, name: str) -> OtherPayer:
        """The other payer with this id; raises `KeyError`."""
        return {one.id: one for one in self.payers}[name]

    @property
    def synthetic(self) -> bool:
        """True where there are personas and every one is invented: evidence may be kept whole."""
        return bool(self.personas) and all(one.synthetic for one in self.personas)
