"""Faults of signing in: a second factor that can be passed by, guessing, and errors that tell."""

from __future__ import annotations

import hmac
from dataclasses import replace
from typing import TYPE_CHECKING

from payerproof.sandbox.defects import Defect, register
from payerproof.sandbox.defects.rewriting import Change, Memory, portal
from payerproof.sandbox.portal import connected, deciding, factors

if TYPE_CHECKING:
    from payerproof.sandbox.data.world import Person
    from payerproof.sandbox.portal.sessions import Journey, Session
    from payerproof.sandbox.tenant import Tenant


def _defect(name: str, cites: str, title: str, change: Change, twin: str = "") -> None:
    register(Defect(name, "consent", tuple(cites.split()), title, change, twin=twin))


def _twin(name: str, cites: str, title: str, change: Change) -> None:
    register(Defect(name, "consent", tuple(cites.split()), title, change, lawful=True))


# -- the second factor can be passed by


def _let_in(tenant: Tenant, session: Session) -> None:
    if not session.user and session.pending in tenant.world.people:
        session.user, session.auth_time = session.pending, tenant.clock.now()


def _password_is_enough(tenant: Tenant, session: Session, journey: Journey) -> bool:
    _let_in(tenant, session)
    return deciding.is_signed_in(tenant, session, journey)


def _password_is_enough_here(tenant: Tenant, session: Session) -> bool:
    _let_in(tenant, session)
    return connected.portal_needs_sign_in(tenant, session)


_KNOWN: Memory[set[str]] = Memory(set)


def _note_the_account(tenant: Tenant, person: Person, code: str) -> bool:
    right = factors.code_is_right(tenant, person, code)
    if right:
        _KNOWN.of(tenant).add(person.user)
    return right


def _unknown_accounts_only(tenant: Tenant, person: Person) -> bool:
    known = person.user in _KNOWN.of(tenant)
    return not known and factors.second_factor_is_needed(tenant, person)


_defect(
    "second-factor-passed-by-address",
    "N-OAUTH-28 AC-02-2",
    "After the password alone, the address of the next page leads past the second factor",
    portal(is_signed_in=_password_is_enough),
)
_defect(
    "connected-apps-open-after-password",
    "N-OAUTH-28 N-REV-08",
    "After the password alone, the address of the connected apps page opens it",
    portal(portal_needs_sign_in=_password_is_enough_here),
)
_defect(
    "second-factor-once-for-all-browsers",
    "N-OAUTH-28 AC-02-2",
    "An account that has given its second factor once isn't asked again in any browser",
    portal(code_is_right=_note_the_account, second_factor_is_needed=_unknown_accounts_only),
)


# -- which codes are taken


def _six_digits(_tenant: Tenant, _person: Person, code: str) -> bool:
    text = "".join(code.split())
    return len(text) == 6 and text.isdigit()


def _by_its_beginning(tenant: Tenant, person: Person, code: str) -> int | None:
    now = int(tenant.clock.wall()) // factors.STEP
    for step in range(now - factors.WINDOW, now + factors.WINDOW + 1):
        if len(code) == 6 and factors.totp_at(person.totp, step)[:3] == code[:3]:
            return step
    return None


def _within(window: int) -> Change:
    def matching_step(tenant: Tenant, person: Person, code: str) -> int | None:
        now = int(tenant.clock.wall()) // factors.STEP
        for step in range(now - window, now + window + 1):
            given = code.encode("utf-8", "surrogateescape")
            if hmac.compare_digest(factors.totp_at(person.totp, step).encode(), given):
                return step
        return None

    return portal(matching_step=matching_step)


_defect(
    "second-factor-takes-any-six-digits",
    "N-OAUTH-28 AC-02-2",
    "The second factor is looked at for its form: any six digits will do",
    portal(code_is_right=_six_digits),
)
_defect(
    "second-factor-compared-by-half",
    "N-OAUTH-28",
    "Of the second-factor code only the first three digits are compared",
    portal(matching_step=_by_its_beginning),
)
_defect(
    "second-factor-code-works-twice",
    "N-OAUTH-28 AC-02-2",
    "A second-factor code that was used works again until its time is over",
    portal(code_is_unused=lambda _tenant, _person, _step: True),
)
_defect(
    "second-factor-code-lives-long",
    "N-OAUTH-28",
    "A second-factor code of a quarter of an hour ago is still taken",
    _within(40),
    twin="second-factor-allows-a-minute",
)
_twin(
    "second-factor-allows-a-minute",
    "N-OAUTH-28",
    "A second-factor code is taken up to a minute early or late, for slow clocks",
    _within(2),
)


# -- guessing


def _forgets_wrong_codes(tenant: Tenant, person: Person, code: str) -> bool:
    tenant.attempts.failures.pop(person.user, None)
    return factors.code_is_right(tenant, person, code)


def _known_accounts_only(tenant: Tenant, user: str) -> bool:
    return user in tenant.world.people and factors.is_locked(tenant, user)


def _after_three(tenant: Tenant, user: str) -> bool:
    now = tenant.clock.now()
    failures = tenant.attempts.failures.get(user, [])
    return sum(now - at < factors.LOCK_SECONDS for at in failures) >= 3


def _right_in_any_case(tenant: Tenant, user: str, password: str) -> Person | None:
    person = tenant.world.people.get(user)
    if person is not None and person.password and password.lower() == person.password.lower():
        return person
    return None


def _right_at_the_start(tenant: Tenant, user: str, password: str) -> Person | None:
    person = tenant.world.people.get(user)
    if person is None or not person.password or password[:8] != person.password[:8]:
        return None
    return person


_defect(
    "password-guessing-is-free",
    "N-OAUTH-25",
    "Wrong passwords neither lock an account nor slow the next try down",
    portal(
        is_locked=lambda _tenant, _user: False,
        pause_before_answer=lambda _tenant, _failures: 0.0,
    ),
    twin="sign-in-locks-after-three",
)
_defect(
    "second-factor-guessing-is-free",
    "N-OAUTH-25 N-OAUTH-28",
    "Wrong second-factor codes are not counted",
    portal(code_is_right=_forgets_wrong_codes),
    twin="sign-in-locks-after-three",
)
_defect(
    "only-known-accounts-are-locked",
    "N-OAUTH-25",
    "Guessing locks accounts that exist and no others, which tells them apart",
    portal(is_locked=_known_accounts_only),
    twin="sign-in-locks-after-three",
)
_twin(
    "sign-in-locks-after-three",
    "N-OAUTH-25",
    "Three wrong tries lock a user name for a quarter of an hour",
    portal(is_locked=_after_three),
)
_twin(
    "sign-in-slows-down-and-never-locks",
    "N-OAUTH-25",
    "No account is locked: the answer to each wrong try is held back twice as long as the last",
    portal(
        is_locked=lambda _tenant, _user: False,
        pause_before_answer=lambda _tenant, failures: min(0.2 * 2**failures, 4.0),
    ),
)
_defect(
    "password-compared-without-case",
    "N-OAUTH-25 AC-04-1",
    "Passwords are compared without regard to capital letters",
    portal(password_is_right=_right_in_any_case),
)
_defect(
    "password-compared-by-eight-characters",
    "N-OAUTH-25 AC-04-1",
    "Of a password only the first eight characters count",
    portal(password_is_right=_right_at_the_start),
)


# -- what an error tells


def _tells_unknown_names(tenant: Tenant, user: str) -> str:
    if user in tenant.world.people:
        return "That password is not right. Try again or reset it."
    return "We don't know this user name. Check it or register."


def _greets(tenant: Tenant, user: str) -> str:
    person = tenant.world.people.get(user)
    return f"Sorry{', ' + person.name if person else ''}. {factors.WRONG}"


_defect(
    "sign-in-tells-unknown-names",
    "N-OAUTH-25",
    "The sign-in page says whether it was the user name or the password that was wrong",
    portal(wrong_message=_tells_unknown_names),
    twin="sign-in-error-in-other-words",
)
_defect(
    "sign-in-error-names-the-member",
    "N-OAUTH-25 AC-02-3",
    "A failed sign-in is answered with the full name of the account's owner",
    portal(wrong_message=_greets),
    twin="sign-in-error-in-other-words",
)
_twin(
    "sign-in-error-in-other-words",
    "N-OAUTH-25",
    "A failed sign-in is told in words of the payer's own, the same for everybody",
    portal(wrong_message=lambda _tenant, _user: "We couldn't sign you in (E-102). Please retry."),
)


# -- sessions


def _same_session(tenant: Tenant, session: Session, user: str) -> None:
    session.user, session.auth_time = user, tenant.clock.now()
    session.pending = session.identifier = ""
    tenant.attempts.failures.pop(user, None)


def _still_signed_in(tenant: Tenant, session: Session, journey: Journey) -> bool:
    request = replace(journey.request, prompt=frozenset(), max_age=None)
    return deciding.is_signed_in(tenant, session, replace(journey, request=request))


_defect(
    "session-key-kept-at-sign-in",
    "N-OAUTH-26",
    "The session cookie from before the sign-in is the key to the signed-in session",
    portal(signed_in=_same_session),
)
_defect(
    "prompt-login-unheeded",
    "N-OAUTH-26",
    "With prompt=login whoever is signed in already goes through without signing in",
    portal(is_signed_in=_still_signed_in),
)
