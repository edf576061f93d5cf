"""Rules on signing in: password, second factor, and what slows guessing down."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from payerproof.sandbox.data.world import Person
from payerproof.sandbox.portal.sessions import Session

if TYPE_CHECKING:
    from payerproof.sandbox.tenant import Tenant

STEP = 30
WINDOW = 1
FREE_ATTEMPTS = 5
LOCK_SECONDS = 900.0
PENDING_SECONDS = 300.0
WRONG = "That user name, password or code is not right. Check them and try again."
LOCKED = "Too many attempts. For your safety, wait 15 minutes before you try again."


@dataclass
class Attempts:
    """Failed sign-ins by the user name as typed, known or not; and codes already used."""

    failures: dict[str, list[float]] = field(default_factory=dict)
    last_step: dict[str, int] = field(default_factory=dict)


def totp_at(seed: str, step: int) -> str:
    """Six-digit code of RFC 6238 (SHA-1, 30 s steps) for one time step."""
    key = base64.b32decode(seed.upper() + "=" * (-len(seed) % 8))
    digest = hmac.digest(key, struct.pack(">Q", step), hashlib.sha1)
    offset = digest[-1] & 0x0F
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**6:06d}"


def matching_step(tenant: Tenant, person: Person, code: str) -> int | None:
    """The time step whose code this is, one step of drift allowed either way; or None."""
    now = int(tenant.clock.wall()) // STEP
    try:
        for step in range(now - WINDOW, now + WINDOW + 1):
            if hmac.compare_digest(totp_at(person.totp, step).encode(), code.encode()):
                return step
    except binascii.Error:
        return None
    return None


def code_is_unused(tenant: Tenant, person: Person, step: int) -> bool:
    """A code is accepted once, and none older than it afterwards (RFC 6238 section 5.2)."""
    return step > tenant.attempts.last_step.get(person.user, -1)


def second_factor_is_needed(_tenant: Tenant, person: Person) -> bool:
    """Everybody with a second factor set up gives it at each sign-in."""
    return bool(person.totp)


def is_locked(tenant: Tenant, user: str) -> bool:
    """Whether a user name, existing or not, has failed too often lately."""
    now = tenant.clock.now()
    recent = [at for at in tenant.attempts.failures.get(user, []) if now - at < LOCK_SECONDS]
    return len(recent) >= FREE_ATTEMPTS


def pause_before_answer(tenant: Tenant, failures: int) -> float:
    """Seconds by which the answer to a failed sign-in is held back; may grow with each failure."""
    if not tenant.face.slows_guessing or failures < 3:
        return 0.0
    return min(0.25 * 2.0 ** (failures - 3), 1.0)


def wrong_message(_tenant: Tenant, _user: str) -> str:
    """What a failed sign-in is told: the same for a wrong password and an unknown name."""
    return WRONG


def failed(tenant: Tenant, user: str) -> int:
    """Count a failure; return how many there are now."""
    now = tenant.clock.now()
    known = tenant.attempts.failures.get(user, [])
    tenant.attempts.failures[user] = [at for at in known if now - at < LOCK_SECONDS] + [now]
    return len(tenant.attempts.failures[user])


def password_is_right(tenant: Tenant, user: str, password: str) -> Person | None:
    """The person with this user name and password, in a time that doesn't tell which was wrong."""
    person = tenant.world.people.get(user)
    may_enter = person is not None and tenant.policies.desk.account_is_open(tenant, person.user)
    expected = person.password if person is not None and may_enter else ""
    same = hmac.compare_digest(
        (expected or "no such account").encode(), password.encode("utf-8", "surrogateescape")
    )
    return person if same and expected else None


def normalised(user: str) -> str:
    """User names are compared without case and outer blanks."""
    return user.strip().lower()


def code_is_right(tenant: Tenant, person: Person, code: str) -> bool:
    """Judge a second-factor code and use it up."""
    policies = tenant.policies.portal
    step = policies.matching_step(tenant, person, "".join(code.split()))
    if step is None or not policies.code_is_unused(tenant, person, step):
        return False
    tenant.attempts.last_step[person.user] = step
    return True


def signed_in(tenant: Tenant, session: Session, user: str) -> None:
    """Mark a session as signed in, under a new key."""
    tenant.sessions.renew(session)
    session.user, session.auth_time = user, tenant.clock.now()
    session.pending = session.identifier = ""
    tenant.attempts.failures.pop(user, None)


def pending_person(tenant: Tenant, session: Session) -> Person | None:
    """Who has given the password and still owes the code; forgotten after five minutes."""
    if not session.pending or tenant.clock.now() - session.pending_since > PENDING_SECONDS:
        return None
    return tenant.world.people.get(session.pending)
