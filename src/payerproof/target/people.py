"""Apps, personas, logins and controls of a payer file."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from payerproof.target.secrets import Secret
from payerproof.target.settings import Table

Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]*$")]
"""Lower-case letters, digits, hyphen and underscore."""
AppType = Literal["public", "confidential-symmetric", "confidential-asymmetric"]
Role = Literal["member", "representative", "subscriber", "dependent", "minor", "portal-user"]
ControlKind = Literal["http", "portal", "command", "person"]
StepAction = Literal["fill", "click", "mfa", "choose_member", "consent", "expect_redirect"]
StepValue = Literal["", "username", "password", "totp", "code", "answer", "patient_id"]

CONTROLS: dict[str, str] = {
    "grant": "authorize an app for a member without the browser",
    "revoke": "revoke what a member granted an app",
    "expire-grant": "let a grant expire now",
    "deactivate-app": "take an app's registration back",
    "clock": "move the payer's clock",
    "activate-app": "let an app in again whose registration was taken back",
    "account": "close a member's account and open it again",
    "app-category": "let an app keep access for long or for a short time only",
    "app-details": "change what a developer says of an app",
    "contact": "register a member's account with an e-mail address or telephone number",
    "log": "count the lines of the payer's log that hold a text",
    "newborn": "book a newborn's claim on the mother's number",
    "merge": "take two members for one",
    "unmerge": "part two members again who were taken for one",
    "unlock": "forget failed sign-ins of a member",
    "inject-claim": "add a claim to a member's record",
    "inject-authorization": "file a prior authorization for a member, or decide it",
    "representation": "begin or end somebody's authority to act for a member",
    "contract": "move a member to a contract of their own",
    "disclosures": "list who read what of members' records",
    "publish": "put an entry into the provider directory or the formulary",
    "opt-out": "opt a member out of Provider Access",
    "opt-in": "opt a member in to Provider Access",
    "consent-lookup": "let the lookup of members' choices fail and work again",
    "attribution": "begin or end a clinic's treatment relationship with a member",
    "network": "let a clinic leave and join the network",
    "part2-consent": "record a member's consent to share substance use records",
    "exports-hold": "hold exports back and let them go on",
    "remove-claim": "drop a claim from a member's record",
    "exchange": "record a member's wish for an exchange between payers",
    "member-number": "give a member another member number",
    "coverage-end": "let a membership end on a day",
    "reset": "put the test environment back as it was",
}
"""What an operator may be able to do to the payer, and in words."""


class App(Table):
    """A third-party app registered with the payer for our use."""

    id: Id
    """Our name for it, used by checks and the report."""
    client_id: str = Field(min_length=1)
    """As the payer registered it."""
    type: AppType
    """How it authenticates at the token endpoint (SMART App Launch 2.2.0)."""
    secret: Secret | None = None
    """Client secret of a confidential-symmetric app."""
    key: Secret | None = None
    """Private key (PEM or JWK) of a confidential-asymmetric app."""
    key_id: str = ""
    """kid of that key in the registered key set."""
    alg: Literal["", "ES384", "RS384"] = ""
    """Signature algorithm of that key; empty: chosen by the kind of key."""
    redirect_uri: str = ""
    """Exactly as registered; https, loopback, or a scheme of the app's own."""
    scopes: str = ""
    """Scopes it asks for, separated by blanks."""
    name: str = ""
    """Name that the payer shows to members at consent."""
    developer: str = ""
    """Company behind it, as registered."""
    site: str = ""
    """The app's own address, as registered."""
    privacy_policy: str = ""
    """Address of its privacy policy, as registered."""
    attested: bool | None = None
    """Whether the developer attested to the payer's privacy questions; left out: not known."""


class ExpectedClaim(Table):
    """A claim that a persona is known to have."""

    id: str = Field(min_length=1)
    """Claim number or logical id by which it is found."""
    kind: Literal["inpatient", "outpatient", "professional", "pharmacy", "oral"]
    """Which CARIN Blue Button profile it must take."""
    serviced: date
    """Date of service, or its first day."""
    status: str = ""
    """What became of it: paid, denied, appealed, reversed …"""


class ExpectedAuthorization(Table):
    """A prior authorization that a persona is known to have."""

    id: str = Field(min_length=1)
    """Its number or logical id."""
    status: Literal["pending", "approved", "partly-approved", "denied"]
    """What became of it."""
    decided: date | None = None
    """Day of the decision."""
    changed: date | None = None
    """Day of its last change of status; it must stay for a year after that."""
    ends: date | None = None
    """Last day of an approval; left out where a circumstance ends it."""
    items: tuple[str, ...] = ()
    """Codes of the items and services that were approved."""
    documents: int = Field(default=0, ge=0)
    """How many structured documents came with the request."""
    drug: bool = False
    """True for a drug: then no duty is judged by it."""


DatedType = Literal[
    "AllergyIntolerance",
    "CarePlan",
    "CareTeam",
    "Condition",
    "DiagnosticReport",
    "DocumentReference",
    "Encounter",
    "Goal",
    "Immunization",
    "MedicationDispense",
    "MedicationRequest",
    "Observation",
    "Procedure",
    "QuestionnaireResponse",
    "ServiceRequest",
]
"""Clinical types with a date of service (FHIR R4 and US Core have a date parameter over it)."""


class ExpectedService(Table):
    """Something other than a claim that a persona is known to have, by its day."""

    type: DatedType
    """FHIR resource type."""
    on: date
    """Date of service, or its first day."""


class Expect(Table):
    """What a persona is expected to have, so that an empty answer can be told from a wrong one."""

    claims: tuple[ExpectedClaim, ...] = ()
    """Claims by number."""
    authorizations: tuple[ExpectedAuthorization, ...] = ()
    """Prior authorizations by number."""
    data: tuple[str, ...] = ()
    """FHIR resource types with at least one entry."""
    date_edges: tuple[date, ...] = ()
    """Dates of service at the edge of the date floor: 2015-12-31, 2016-01-01 …"""
    services: tuple[ExpectedService, ...] = ()
    """Clinical records at the edge of the date floor, by type and day."""
    protected: bool = False
    """Has specially protected records, which no app gets unless a box of their own is ticked."""
    protected_records: tuple[str, ...] = ()
    """Numbers or logical ids of claims and prior authorizations among them; labels may be lost."""


class Persona(Table):
    """A test person with the means to log in."""

    id: Id
    """Our name for the person, used by checks and the report."""
    role: Role
    """What the person is to the payer."""
    label: str = ""
    """How the portal shows the person; used to choose in the member picker."""
    username: str = ""
    """Portal user name; empty for a person without a login of their own."""
    password: Secret | None = None
    totp: Secret | None = None
    """Base32 seed of an authenticator app."""
    code: Secret | None = None
    """A fixed test code, or a command that fetches the one sent by e-mail or text message."""
    answers: dict[str, Secret] = Field(default_factory=dict)
    """Answers to challenge questions, by a word of the question."""
    synthetic: bool = False
    """Invented, not a real member: only then are bodies and screenshots kept whole."""
    open: bool = False
    """Read without any token: a server for tests that asks nobody who they are."""
    patient_id: str | None = None
    """Logical id of the person's Patient, where it is known beforehand."""
    represents: tuple[str, ...] = ()
    """Ids of personas for whom this person may act."""
    household: str | None = None
    """Any word; the same for people covered by one subscriber."""
    expect: Expect = Expect()
    """What the person's record is known to hold."""
    opted_out: bool = False
    """Has opted out of sharing with clinics (Provider Access)."""
    coverage_ended: bool = False
    """Is no member any more: the membership has ended."""
    markers: tuple[Secret, ...] = ()
    """Further values found in this person's record alone, by reference."""


class Step(Table):
    """One step of a login recipe."""

    action: StepAction
    """fill, click, mfa (enter the second factor), choose_member, consent, expect_redirect."""
    label: str = ""
    """Visible label or name of the field or button."""
    fallbacks: tuple[str, ...] = ()
    """Further labels, or CSS selectors written as "css=…", tried in order."""
    value: StepValue = ""
    """What is filled in, taken from the persona."""
    optional: bool = False
    """Go on where the field or button does not appear."""


class Recipe(Table):
    """How to log in where the autodetector doesn't find its way."""

    host: str = Field(min_length=1)
    """Host of the pages it is for; "*" stands for any part: "login.*.example.org"."""
    steps: tuple[Step, ...] = Field(min_length=1)
    """Carried out in order."""


class Control(Table):
    """How the operator changes the state of the payer."""

    kind: ControlKind
    """http (a hook), portal (the app management page), command, person (asked and waited for)."""
    url: str | None = None
    """Address of the hook; gets a JSON object by POST."""
    method: Literal["POST", "GET"] = "POST"
    """GET for a hook that only tells something; the object's members then stand in the query."""
    token: Secret | None = None
    """Bearer token of the hook."""
    command: str = ""
    """Command line, run in the payer file's folder; gets the same JSON object on its input."""
    instruction: str = ""
    """What a person is asked to do, in a sentence."""
    wait_seconds: Annotated[float, Field(gt=0)] = 300
    """How long a person or command is waited for."""
