"""Decides what kind of page this is, before anything on it is touched.

Pure functions over a `Snapshot`. The rules come from the pages of the identity stacks that payers
run (Okta, Auth0, Azure AD B2C, ForgeRock, PingFederate, Keycloak, Cognito, Medicare's and others):

1. the kind first: password change and enrolment pages are recognised so that they are never filled;
2. evidence is ranked: ``autocomplete`` > name or id > label > type; never class names, never
   running numbers;
3. only what is visible and enabled counts;
4. identifier-first is ordinary: a page with a user name alone is a page of its own kind;
5. consent is found by its pair of an allowing and a denying control, not by ids;
6. a choice of person is a step of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from payerproof.browser import words
from payerproof.browser.facts import PageKindName
from payerproof.browser.snapshot import Control, Snapshot


class Kind(StrEnum):
    """The detector's words for a page; `public` gives the coarser word of `PageFacts.kind`."""

    LOGIN = "login"
    IDENTIFIER = "identifier"
    PASSWORD = "password"  # noqa: S105  a kind of page
    CODE = "second-factor-code"
    SEND_CODE = "send-code"
    QUESTION = "challenge-question"
    METHOD = "second-factor-choice"
    PICKER = "picker"
    CONSENT = "consent"
    ENROLMENT = "password-change-or-enrolment"
    TERMS = "terms"
    STAY = "stay-signed-in"
    NAG = "nag"
    RESUME = "resume"
    WAIT = "wait"
    CAPTCHA = "captcha"
    ERROR = "error"
    PORTAL = "portal"
    CALLBACK = "callback"
    OTHER = "other"

    @property
    def public(self) -> PageKindName:
        """The word of the contract."""
        return _PUBLIC[self]


_PUBLIC: dict[Kind, PageKindName] = {
    Kind.LOGIN: "login",
    Kind.IDENTIFIER: "login",
    Kind.PASSWORD: "login",
    Kind.CODE: "second-factor",
    Kind.SEND_CODE: "second-factor",
    Kind.QUESTION: "second-factor",
    Kind.METHOD: "second-factor",
    Kind.PICKER: "picker",
    Kind.CONSENT: "consent",
    Kind.ENROLMENT: "interstitial",
    Kind.TERMS: "interstitial",
    Kind.STAY: "interstitial",
    Kind.NAG: "interstitial",
    Kind.RESUME: "interstitial",
    Kind.WAIT: "interstitial",
    Kind.CAPTCHA: "interstitial",
    Kind.ERROR: "error",
    Kind.PORTAL: "portal",
    Kind.CALLBACK: "other",
    Kind.OTHER: "other",
}


@dataclass(frozen=True, slots=True)
class Reading:
    """The kind of a page, what speaks for it, and the controls that matter."""

    kind: Kind
    why: tuple[str, ...] = ()
    username: Control | None = None
    password: Control | None = None
    code: Control | None = None
    questions: tuple[tuple[str, Control], ...] = field(default=(), repr=False)
    """Text of each challenge question with its field."""
    submit: Control | None = None
    allow: Control | None = None
    deny: Control | None = None
    people: tuple[Control, ...] = ()
    """Radios, buttons, or one drop-down list, that choose whose record is meant."""
    methods: tuple[tuple[str, Control], ...] = ()
    """Second factors on offer: ``totp``, ``email``, ``sms``, ``voice``, ``question``, ``key``."""
    boxes: tuple[Control, ...] = ()
    """Required boxes of an interstitial, to be ticked before its button."""


def read(page: Snapshot, *, redirect_uri: str = "") -> Reading:
    """Decide the kind of ``page``; the first rule that fits wins."""
    if redirect_uri and _is_callback(page.url, redirect_uri):
        return Reading(Kind.CALLBACK, ("the address is the app's redirect_uri",))
    for rule in _RULES:
        reading = rule(page)
        if reading is not None:
            return reading
    return Reading(Kind.OTHER, ("no rule fits",))


# --- fields ---------------------------------------------------------------------------------------


def _tokens(control: Control) -> set[str]:
    """Autocomplete tokens without a ``section-…`` prefix."""
    return {word for word in control.autocomplete.split() if not word.startswith("section-")}


def _labels(control: Control) -> str:
    return f"{control.label} {control.placeholder}"


def username_score(control: Control) -> int:
    """How strongly a field is the user name; 0 means it is not."""
    if _tokens(control) & {"username", "email", "webauthn"} and control.type != "password":
        return 100
    # B2C calls the field for the mailed code email_ver_input.
    if control.type == "password" or code_score(control) >= 60:
        return 0
    if words.USERNAME_NAME.search(control.names):
        return 60
    if words.USERNAME_LABEL.search(_labels(control)):
        return 40
    return 20 if control.type == "email" else 0


def code_score(control: Control) -> int:
    """How strongly a field asks for a one-time code; 0 means it does not."""
    tokens = _tokens(control)
    if "one-time-code" in tokens:
        return 100
    if tokens & {"username", "current-password", "new-password", "email"}:
        return 0
    names = re.sub(r"zip_?code|postal_?code|country_?code|area_?code|promo\w*", "", control.names)
    if words.CODE_NAME.search(names) and not words.QUESTION_LABEL.search(control.label):
        return 60
    if words.CODE_LABEL.search(_labels(control)):
        return 40
    if control.inputmode == "numeric" and 4 <= control.maxlength <= 10:
        return 30
    return 0


def password_score(control: Control) -> int:
    """How strongly a field is the password; 0 means it is not."""
    if control.type != "password":
        return 0
    if "current-password" in _tokens(control):
        return 100
    if _tokens(control) & {"one-time-code", "new-password"}:
        return 0
    if words.NEW_PASSWORD_NAME.search(control.names):
        return 0
    if words.PASSWORD_NAME.search(control.names):
        return 60
    return 40 if words.PASSWORD_LABEL.search(_labels(control)) else 10


def _best(controls: Iterable[Control], score: Callable[[Control], int]) -> Control | None:
    ranked = [(score(control), control) for control in controls]
    ranked = [pair for pair in ranked if pair[0] > 0]
    return max(ranked, key=lambda pair: pair[0])[1] if ranked else None


def submit_for(page: Snapshot, control: Control) -> Control | None:
    """The button that sends ``control``'s form; None means: press Enter in the field."""
    mates = [b for b in page.buttons if b.frame == control.frame and b.form == control.form]
    if not mates:
        mates = [b for b in page.buttons if b.frame == control.frame and b.form == -1]
    wanted = [b for b in mates if not words.NOT_SUBMIT.search(b.label)]
    real = [b for b in wanted if b.type in ("submit", "image")]
    for group in (real, wanted):
        for button in group:
            if words.SUBMIT.match(button.label):
                return button
    if real:
        return real[0]
    named = [b for b in wanted if re.search(r"submit|login|signin|continue|next", b.names)]
    return named[0] if named else None


# --- rules, in order ------------------------------------------------------------------------------


def _captcha(page: Snapshot) -> Reading | None:
    return Reading(Kind.CAPTCHA, ("a visible captcha",)) if page.captcha else None


def _enrolment(page: Snapshot) -> Reading | None:
    """A page that would set something: recognised so that it is never filled."""
    fields = page.fields
    fresh = [
        f for f in fields if "new-password" in _tokens(f) or words.NEW_PASSWORD_NAME.search(f.names)
    ]
    passwords = [f for f in fields if f.type == "password" and code_score(f) < 60]
    per_form: dict[tuple[int, int], int] = {}
    for one in passwords:
        per_form[one.frame, one.form] = per_form.get((one.frame, one.form), 0) + 1
    doubled = any(count > 1 for count in per_form.values())
    secret = words.TOTP_SECRET.search(page.text) and words.ENROLMENT_PAGE.search(page.text)
    if not (fresh or doubled or secret):
        return None
    taken = {(f.frame, f.form) for f in fresh} | {k for k, n in per_form.items() if n > 1}
    if not secret and any((p.frame, p.form) not in taken for p in passwords):
        return None  # a sign-up form beside the login form
    if doubled and not fresh and words.QUESTION_PAGE.search(page.text):
        return None  # challenge answers are often masked
    why = (
        "a new-password field" if fresh else "two password fields" if doubled else "a visible seed"
    )
    return Reading(Kind.ENROLMENT, (why,))


def _questions(page: Snapshot) -> Reading | None:
    asked = []
    for control in page.fields:
        if username_score(control) >= 60 or "current-password" in _tokens(control):
            continue
        text = control.label or control.placeholder
        by_label = words.QUESTION_LABEL.search(text)
        by_page = words.QUESTION_PAGE.search(page.text) and "answer" in control.names
        if by_label or by_page:
            asked.append((_question_text(page, text), control))
    if not asked:
        return None
    submit = submit_for(page, asked[-1][1])
    return Reading(Kind.QUESTION, ("a question as label",), questions=tuple(asked), submit=submit)


def _question_text(page: Snapshot, label: str) -> str:
    """The label if it is a question, else the page's sentence that ends in a question mark."""
    if "?" in label:
        return label
    found = re.findall(r"[^.?!\n]+\?", page.text)
    return f"{found[0].strip()} {label}".strip() if found else label


def _methods(page: Snapshot) -> Reading | None:
    """A choice of second factor: no field to type into, two methods or more."""
    if page.fields:
        return None
    found: list[tuple[str, Control]] = []
    for control in page.controls:
        if not control.usable or not (control.button or control.type == "radio"):
            continue
        known = words.METHOD_NAME.search(f"{control.names} {control.value}".lower())
        text = control.label if len(control.label) > 8 else f"{control.row} {control.label}"
        named = f"{text} {control.data}"
        method = next((m for m, p in words.METHODS.items() if p.search(named)), "")
        if method and (known or words.METHOD_PAGE.search(page.text)):
            found.append((method, control))
    radios = [c for _, c in found if c.type == "radio"]
    if len(found) < 2 and not (found and words.METHOD_PAGE.search(page.text)):
        return None
    if any(words.CONSENT_PAGE.search(h) for h in page.headings):
        return None
    submit = submit_for(page, radios[0]) if radios else None
    return Reading(Kind.METHOD, ("a list of factors",), methods=tuple(found), submit=submit)


def _login(page: Snapshot) -> Reading | None:
    """User name and password, or either alone."""
    password = _best(page.fields, password_score)
    if password is not None and _is_code(page, password):
        password = None
    if password is None:
        return _identifier(page)
    beside = [f for f in page.fields if f is not password and f.frame == password.frame]
    same = [f for f in beside if f.form == password.form]
    username = _best(same, username_score) or _best(beside, username_score)
    if username is None:
        username = _plain_before(page, password)
    submit = submit_for(page, password)
    if username is None:
        return Reading(Kind.PASSWORD, ("a password alone",), password=password, submit=submit)
    why = (
        f"user name by {_by(username, username_score)}, password by {_by(password, password_score)}"
    )
    # Some ask for the code on the same page.
    code = _best([f for f in same if f is not username], code_score)
    return Reading(
        Kind.LOGIN, (why,), username=username, password=password, code=code, submit=submit
    )


def _is_code(page: Snapshot, control: Control) -> bool:
    """A password-typed field that really asks for a code (ForgeRock labels it "Password")."""
    if "current-password" in _tokens(control):
        return False
    if code_score(control) >= 60:
        return True
    alone = len(page.fields) == 1
    said = " ".join((*page.headings, *(b.label for b in page.buttons)))
    if alone and re.search(r"\bO\s?T\s?P\b", said, re.IGNORECASE):
        return True
    return alone and bool(words.CODE_PAGE.search(" ".join((*page.headings, control.label))))


def _plain_before(page: Snapshot, password: Control) -> Control | None:
    """The one unnamed text field right before the password in the same form."""
    before = [
        f
        for f in page.fields
        if f.form == password.form and f.frame == password.frame and f.index < password.index
        and f.type in ("text", "email", "")
    ]  # fmt: skip
    return before[-1] if before else None


def _by(control: Control, score: Callable[[Control], int]) -> str:
    return {100: "autocomplete", 60: "name", 40: "label"}.get(score(control), "type")


def _identifier(page: Snapshot) -> Reading | None:
    username = _best(page.fields, username_score)
    if username is None or code_score(username) >= 60:
        return _drop_down_login(page)
    if _pair(page, username.form)[1] is not None and username_score(username) < 100:
        return None  # one field beside Authorize and Deny: consent with the name in it
    submit = submit_for(page, username)
    if submit is None and username_score(username) < 60:
        return None
    return Reading(
        Kind.IDENTIFIER,
        (f"user name alone, by {_by(username, username_score)}",),
        username=username,
        submit=submit,
    )


def _drop_down_login(page: Snapshot) -> Reading | None:
    """A launcher that lets one choose the user from a list."""
    if page.fields:
        return None
    for select in page.selects:
        named = words.USERNAME_NAME.search(select.names) or words.USERNAME_LABEL.search(
            select.label
        )
        dead = any(c.type == "password" and c.visible and not c.enabled for c in page.controls)
        if named or dead:
            return Reading(
                Kind.IDENTIFIER,
                ("a list of users",),
                username=select,
                submit=submit_for(page, select),
            )
    return None


def _code(page: Snapshot) -> Reading | None:
    """A field for a one-time code."""
    candidates = [f for f in page.fields if username_score(f) < 60]
    about_codes = bool(words.CODE_PAGE.search(page.text))
    field_ = _best(candidates, code_score)
    if field_ is not None and code_score(field_) < 60 and not about_codes:
        field_ = None
    field_ = field_ or next((f for f in candidates if _is_code(page, f)), None)
    if (
        field_ is None
        and len(candidates) == 1
        and about_codes
        and password_score(candidates[0]) < 60
    ):
        field_ = candidates[0]
    if field_ is None:
        return None
    if _best(page.fields, username_score) is not None and _best(page.fields, password_score):
        return None  # a one-page login that asks for the code as well is a login
    why = f"a code field by {_by(field_, code_score)}"
    return Reading(Kind.CODE, (why,), code=field_, submit=_code_submit(page, field_))


def _code_submit(page: Snapshot, control: Control) -> Control | None:
    """Verify rather than send again (B2C has both beside each other)."""
    fit = [b for b in page.buttons if re.search(r"ver_but_verify|verifycode|\bverify\b", b.names)]
    fit = [b for b in fit if not words.SEND_CODE.match(b.label)]
    return fit[0] if fit else submit_for(page, control)


def _send_code(page: Snapshot) -> Reading | None:
    """The code has to be asked for first."""
    if any(code_score(f) >= 40 or f.type == "password" for f in page.fields):
        return None
    for button in page.buttons:
        by_name = re.search(r"but_send|sendcode|send_code", button.names)
        if by_name or (
            words.SEND_CODE.match(button.label) and not words.NEITHER.search(button.label)
        ):
            return Reading(Kind.SEND_CODE, ("a button that sends a code",), submit=button)
    return None


def _pair(page: Snapshot, form: int | None = None) -> tuple[Control | None, Control | None]:
    """The allowing and the denying control, of one form where the page has several."""
    usable = [
        b
        for b in page.buttons
        if (form is None or b.form == form) and not words.NEITHER.search(b.label)
    ]
    deny = [b for b in usable if words.DENY.match(b.label) or _value_is(b, _DENYING)]
    allow = [
        b
        for b in usable
        if b not in deny and (words.ALLOW.match(b.label) or _value_is(b, _ALLOWING))
    ]
    if not allow and deny:
        allow = [b for b in usable if b not in deny and words.ALLOW_WEAK.match(b.label)]
    best = next((a for a in allow if any(d.form == a.form for d in deny)), None)
    chosen = best or (allow[0] if allow else None)
    denied = next((d for d in deny if chosen is None or d.form == chosen.form), None)
    denied = denied or (deny[0] if deny else None)
    if chosen is not None and denied is None and form is None:
        denied = next((a for a in page.pressables if a.link and words.DENY.match(a.label)), None)
    return chosen, denied


_ALLOWING = frozenset({"allow", "accept", "approve", "authorize", "authorise", "yes", "grant"})
_DENYING = frozenset({"deny", "decline", "cancel", "no", "reject", "refuse"})


def _value_is(button: Control, known: frozenset[str]) -> bool:
    """By name, id or value: these stay the same in every language of the page."""
    if button.type not in ("submit", "button"):
        return False
    return bool({button.value.lower(), button.name.lower(), button.id.lower()} & known)


def _people(page: Snapshot) -> tuple[Control, ...]:
    """The controls that choose whose record is meant, if any."""
    radios = [c for c in page.boxes if c.type == "radio" and c.usable]
    groups: dict[str, list[Control]] = {}
    for radio in radios:
        groups.setdefault(radio.name, []).append(radio)
    for name, members in groups.items():
        if words.PICKER_NAME.search(name.lower()) or words.PICKER_PAGE.search(members[0].group):
            return tuple(members)
    if len(groups) == 1 and words.PICKER_PAGE.search(" ".join((*page.headings, page.title))):
        return tuple(radios)
    for select in page.selects:
        if words.PICKER_NAME.search(select.names) or words.PICKER_PAGE.search(select.label):
            return (select,)
    picks = tuple(b for b in page.pressables if words.SELECT.match(b.label))
    named = tuple(
        b for b in page.buttons if words.PICKER_NAME.search(b.name.lower()) and b not in picks
    )
    for buttons in (picks, named):
        asked = words.PICKER_PAGE.search(f"{page.text} {page.title}")
        if buttons and (len(buttons) > 1 or asked) and asked:
            return buttons
    return ()


def _consent(page: Snapshot) -> Reading | None:
    """An allowing and a denying control; or the former alone where the text is of access."""
    if any(f.type == "password" for f in page.fields):
        return None
    allow, deny = _pair(page)
    if allow is None:
        return _consent_with_a_link_out(page)
    said = f"{page.title}\n{page.text}"
    about_access = bool(words.CONSENT_PAGE.search(said))
    scoped = any(re.search(r"scope|share_|consent|permission", c.names) for c in page.boxes)
    if not (about_access or scoped or (deny is not None and _oauth_address(page.url))):
        return None
    if _only_terms(page) and not scoped and not about_access:
        return None
    if deny is None and not (words.ALLOW.match(allow.label) or scoped):
        return None
    why = ["allow and deny side by side" if deny else "an allowing control without a denying one"]
    why += ["the text asks for access"] if about_access else []
    why += ["boxes for scopes"] if scoped else []
    username = _best([f for f in page.fields if f.form == allow.form], username_score)
    return Reading(
        Kind.CONSENT, tuple(why), allow=allow, deny=deny, people=_people(page), username=username
    )


def _consent_with_a_link_out(page: Snapshot) -> Reading | None:
    """Headed by an allowing word: one button that goes on, and a link that cancels."""
    heads = (page.title, *page.headings)
    onward = [b for b in page.buttons if words.ALLOW_WEAK.match(b.label)]
    out = next((a for a in page.pressables if a.link and words.DENY.match(a.label)), None)
    if page.fields or len(onward) != 1 or out is None or not any(map(words.ALLOW.match, heads)):
        return None
    why = ("a button that goes on beside a link that cancels", "the heading asks for consent")
    return Reading(Kind.CONSENT, why, allow=onward[0], deny=out)


def _oauth_address(url: str) -> bool:
    return bool(re.search(r"authori[sz]|consent|approv|oauth|grant", url, re.IGNORECASE))


def _only_terms(page: Snapshot) -> bool:
    return bool(words.TERMS_PAGE.search(" ".join((page.title, *page.headings))))


def _picker(page: Snapshot) -> Reading | None:
    people = _people(page)
    if not people:
        return None
    submit = None if people[0].button else submit_for(page, people[0])
    return Reading(Kind.PICKER, ("a choice of person",), people=people, submit=submit)


def _interstitial(page: Snapshot) -> Reading | None:
    """Pages between login and consent that want one answer."""
    if page.fields:
        return None
    head = " ".join((page.title, *page.headings))
    dismiss = next((b for b in page.buttons if words.DISMISS.match(b.label)), None)
    abort = next(
        (
            b
            for b in page.buttons
            if re.search(r"abort|skip|dismiss|cancel", f"{b.value} {b.names}".lower())
        ),
        None,
    )
    if words.STAY_PAGE.search(page.text) and dismiss:
        return Reading(Kind.STAY, ("asks to stay signed in",), submit=dismiss)
    if words.NAG_PAGE.search(head) and (dismiss or abort):
        return Reading(Kind.NAG, ("offers something that can be put off",), submit=dismiss or abort)
    if _only_terms(page):
        return _terms(page)
    return None


_ABORT = re.compile(r"abort|skip|dismiss|cancel")


def _terms(page: Snapshot) -> Reading | None:
    button = next(
        (b for b in page.buttons if words.ALLOW.match(b.label) and not words.DENY.match(b.label)),
        None,
    ) or next((b for b in page.buttons if words.RESUME.match(b.label)), None)
    if button is None:
        return None
    boxes = tuple(
        b for b in page.boxes if b.type == "checkbox" and b.usable and not b.checked
        and (b.required or words.TERMS_PAGE.search(b.label) or words.ALLOW.match(b.label))
    )  # fmt: skip
    return Reading(Kind.TERMS, ("terms to accept",), submit=button, boxes=boxes)


def _error(page: Snapshot) -> Reading | None:
    if page.fields:
        return None
    if page.status >= 400:
        return Reading(Kind.ERROR, (f"status {page.status}",))
    head = " ".join((page.title, *page.headings))
    if words.ERROR_PAGE.search(head):
        return Reading(Kind.ERROR, ("the heading speaks of an error",))
    if page.alerts and not page.buttons and words.ERROR_TEXT.search(" ".join(page.alerts)):
        return Reading(Kind.ERROR, ("an error text and nothing to press",))
    plain = page.text.strip()
    if (
        not page.buttons
        and not page.links
        and 0 < len(plain) < 600
        and (words.ERROR_PAGE.search(plain))
    ):
        return Reading(Kind.ERROR, ("a short text that speaks of an error",))
    return None


def _wait(page: Snapshot) -> Reading | None:
    """Nothing to do but wait: a page that loads, redirects itself or shows a spinner."""
    if page.fields or page.buttons:
        return None
    if page.refresh or page.loading or page.busy:
        return Reading(Kind.WAIT, ("the page goes on by itself",))
    hidden_form = any(c.type == "hidden" for c in page.controls)
    if not page.links and (not page.text.strip() or hidden_form):
        return Reading(Kind.WAIT, ("an empty page",))
    if re.search(r"redirecting|please wait|loading|redirigiendo|espere", page.text, re.IGNORECASE):
        return Reading(Kind.WAIT, ("the text asks to wait",))
    return None


def _portal(page: Snapshot) -> Reading | None:
    if page.fields and any(f.type == "password" for f in page.fields):
        return None
    out = [link.text for link in page.links] + [b.label for b in page.buttons]
    if any(words.SIGN_OUT.search(text) for text in out):
        return Reading(Kind.PORTAL, ("a way to sign out",))
    return None


def _resume(page: Snapshot) -> Reading | None:
    """One button that goes on."""
    if page.fields:
        return None
    onward = [b for b in page.buttons if words.RESUME.match(b.label)]
    onward = onward or [a for a in page.pressables if words.RESUME.match(a.label)]
    forward = [b for b in onward if not words.NEITHER.search(b.label)]
    if len(forward) == 1 and len(page.buttons) <= 3:
        return Reading(Kind.RESUME, ("one button that goes on",), submit=forward[0])
    return None


_RULES: tuple[Callable[[Snapshot], Reading | None], ...] = (
    _captcha,
    _enrolment,
    _questions,
    _methods,
    _send_code,
    _code,
    _login,
    _consent,
    _picker,
    _interstitial,
    _error,
    _wait,
    _portal,
    _resume,
)


def _is_callback(url: str, redirect_uri: str) -> bool:
    """True where ``url`` is the redirect_uri with parameters added."""
    if not url.startswith(redirect_uri):
        return False
    rest = url[len(redirect_uri) :]
    return rest[:1] in ("", "?", "#", "&")
