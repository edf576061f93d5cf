"""What a visit to the payer's pages showed, as frozen data: these types travel between processes.

Texts, addresses and parameters may hold member data and authorization codes. They stay in memory:
every `repr` leaves them out, and what is written goes through the recorder's redaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Decision = Literal["approve", "decline", "look", "forge", "switch", "half", "smuggle"]
"""What to do at the consent page: to ``forge`` is to decline by a form with a wrong token, to
``switch`` to press what is offered to somebody else; ``half`` stops before the second factor;
``smuggle`` looks only, after an id was posted as the choice of a member who was not offered."""
PageKindName = Literal[
    "login", "second-factor", "picker", "consent", "error", "portal", "interstitial", "other"
]

TROUBLES = (
    "locked",
    "ineligible",
    "blocked-at-edge",
    "captcha",
    "maintenance",
    "no-linked-record",
    "wrong-credentials",
    "no-login-form",
    "redirect-loop",
    "timeout",
    "not-understood",
)
"""The closed list of reasons why a visit did not get where it was going."""


@dataclass(frozen=True, slots=True)
class Link:
    """A link as shown: its text and the absolute address it points to."""

    text: str
    href: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A checkbox, radio button or option, with the state the page gave it."""

    label: str
    name: str
    value: str
    checked: bool
    visible: bool
    enabled: bool = True
    required: bool = False
    unchecked_value: str | None = None
    """Value of a hidden input of the same name, sent where the box is left unticked."""


@dataclass(frozen=True, slots=True)
class CookieFacts:
    """A cookie's attributes, never its value. `same_site` is Strict, Lax, None or empty."""

    name: str
    secure: bool
    http_only: bool
    same_site: str
    domain: str
    mark: str = field(default="", repr=False)
    """Digest of its value: only to tell whether it is the same, and never written."""


@dataclass(frozen=True, slots=True)
class ThirdPartyRequest:
    """A request that the payer's page made to a host that is not the payer's."""

    host: str
    resource_type: str
    """Playwright's word: script, image, stylesheet, font, xhr, fetch, beacon, document …"""
    page_kind: str
    """Kind of the page that made it, as in `PageFacts.kind`; empty before the page was read."""
    referer_sent: str
    """``none``, ``origin`` or ``full`` (path or query of the payer's page went along)."""
    post_bytes: int
    """Length of the request body in bytes."""
    cookies_sent: bool
    exchange: str = ""
    """Id of the recorded exchange."""
    url: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class PageFacts:
    """One page as the member saw it."""

    kind: PageKindName
    url: str = field(repr=False)
    status: int = 0
    """Status of the main document; 0 where the page never had a response (its address is ours)."""
    title: str = field(default="", repr=False)
    text: str = field(default="", repr=False)
    """Visible text (innerText), frames included."""
    lang: str = ""
    headings: tuple[str, ...] = field(default=(), repr=False)
    links: tuple[Link, ...] = field(default=(), repr=False)
    buttons: tuple[str, ...] = ()
    """Labels of the visible, enabled buttons, in document order."""
    checkboxes: tuple[Choice, ...] = field(default=(), repr=False)
    radios: tuple[Choice, ...] = field(default=(), repr=False)
    password_fields: int = 0
    """How many visible password fields the page has."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Response headers of the main document, names in lower case."""
    cookies: tuple[CookieFacts, ...] = ()
    """Cookies the browser would send to this page."""
    screenshot: str = ""
    """Evidence id, or empty."""
    scripts: tuple[str, ...] = ()
    """Addresses of the external scripts."""
    framed: bool = False
    """True where the controls that matter lie inside an iframe of the page."""
    exchange: str = ""
    """Id of the exchange that brought the main document."""
    detail: str = ""
    """The detector's finer word for the page (`payerproof.browser.kinds.Kind`)."""
    why: tuple[str, ...] = ()
    """The evidence for that word, strongest first."""


@dataclass(frozen=True, slots=True)
class PickerFacts:
    """A page, or a part of the consent page, that asks whose record is meant."""

    options: tuple[Choice, ...] = field(repr=False)
    preselected: str = field(default="", repr=False)
    """Label of the option that was chosen before the member did anything; empty where none."""


@dataclass(frozen=True, slots=True)
class ConsentFacts:
    """What the consent page offers and says, before anything was touched."""

    page: PageFacts
    app_names: tuple[str, ...] = ()
    """Names under which the page speaks of the app, most likely first."""
    member_names: tuple[str, ...] = field(default=(), repr=False)
    """Whom the page says is logged in or is consented for."""
    choices: tuple[Choice, ...] = ()
    """Every checkbox and radio of the form, hidden ones too, in default state."""
    has_approve: bool = False
    approve_label: str = ""
    has_decline: bool = False
    decline_label: str = ""
    policy_links: tuple[Link, ...] = ()
    """Links to the app's or the payer's privacy policy and terms."""
    manage_links: tuple[Link, ...] = ()
    """Links to the place where the member can stop sharing."""
    sentences: tuple[str, ...] = field(default=(), repr=False)
    """Every sentence of the page, in order."""
    duration_sentences: tuple[str, ...] = ()
    risk_sentences: tuple[str, ...] = ()
    attestation_sentences: tuple[str, ...] = ()
    picker: PickerFacts | None = None
    """The choice of member, where it stands on the consent page itself."""


@dataclass(frozen=True, slots=True)
class ConnectedApp:
    """One entry of the connected-apps page."""

    name: str
    text: str = field(repr=False)
    revoke_label: str = ""
    """Label of its Revoke, Remove or Disconnect control; empty where it has none."""


@dataclass(frozen=True, slots=True)
class Pressed:
    """What came at once of pressing Revoke, with the question that may have come between."""

    page: PageFacts
    """The page that the browser showed then."""
    methods: tuple[str, ...]
    """Methods of the requests that were sent to the payer on the way, in order."""


@dataclass(frozen=True, slots=True)
class ConnectedApps:
    """The connected-apps page."""

    page: PageFacts
    apps: tuple[ConnectedApp, ...]
    logged_in: bool
    """False where the page asked for a login that was not given (an anonymous visit)."""
    third_party: tuple[ThirdPartyRequest, ...] = ()
    """What the page, and a login on the way to it, asked of others."""
    pressed: Pressed | None = None
    """What pressing Revoke led to; None where nothing was pressed."""


@dataclass(frozen=True, slots=True)
class SharingPage:
    """The page on which a member decides about sharing with clinics."""

    before: PageFacts
    """As it was when it was opened."""
    pressed: str = ""
    """Label of the control that was pressed; empty where there was none to press."""
    after: PageFacts | None = None
    """The page opened anew afterwards; None where nothing was pressed."""
    exchanges: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AuthorizationVisit:
    """One trip of a member's browser to the authorization endpoint."""

    persona: str
    url: str = field(repr=False)
    redirect_uri: str = ""
    method: Literal["GET", "POST"] = "GET"
    form: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """Body of a POST, form-encoded."""
    decision: Decision = "approve"
    leave_out: tuple[str, ...] = ()
    """Resource types, or words of data classes, to untick before approving."""
    include: tuple[str, ...] = ()
    """Words of data classes to tick before approving, which the page leaves empty."""
    choose: str = ""
    """Persona id of the represented member; empty means oneself. To ``smuggle``: a Patient's id."""
    fresh: bool = False
    """A new browser context that has to log in."""
    locale: str = ""
    """BCP 47 tag for Accept-Language; empty means en-US."""
    guesses: int = 0
    """After ``half``: how many wrong second-factor codes to give, and the right one at last, whose
    page is the outcome's `used_code`; its `login_seconds` are those of each wrong one then."""
    then: tuple[str, ...] = field(default=(), repr=False)
    """After ``half``: addresses to open in the same browser, with the values that the page reached
    has in its own address for parameters of the same names."""


@dataclass(frozen=True, slots=True)
class AuthorizationOutcome:
    """Where the trip ended, and every page on the way."""

    redirected: bool
    redirect_url: str = field(default="", repr=False)
    parameters: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Parameters of the redirect: query, fragment, or form of a form_post."""
    pages: tuple[PageFacts, ...] = ()
    consent: ConsentFacts | None = None
    consent_shown: bool = False
    """A consent page was shown; with the control hook the only thing known about it."""
    picker: PickerFacts | None = None
    logged_in: bool = False
    """A login page was met and passed."""
    trouble: str = ""
    """One of `TROUBLES`, or empty."""
    trouble_text: str = field(default="", repr=False)
    exchanges: tuple[str, ...] = ()
    third_party: tuple[ThirdPartyRequest, ...] = ()
    login_seconds: float = 0.0
    """Wall time from the first login page to the page behind the last factor."""
    second_factor: str = ""
    """``totp``, ``code``, ``question`` or empty: what was asked beyond the password."""
    left_out: tuple[str, ...] = ()
    """Labels of the choices that were unticked."""
    pressed: bool = False
    """A form was forged, or an account switched: there was something to press."""
    answer: PageFacts | None = None
    """The page that came of it; None where nothing was pressed or the browser was redirected."""
    opened: tuple[PageFacts, ...] = ()
    """What came of ``then``, in its order."""
    refused_codes: tuple[PageFacts, ...] = ()
    """What came of a second-factor code that was nearly right, and of one too early, after that."""
    used_code: PageFacts | None = None
    """What came of a code that had been used a moment before; None where there was none."""
