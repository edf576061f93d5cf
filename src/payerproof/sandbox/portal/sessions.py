"""Browser sessions and the authorization journeys that run in them."""

from __future__ import annotations

from dataclasses import dataclass, field

from payerproof.sandbox.clock import Clock
from payerproof.sandbox.oauth.model import AuthorizationRequest
from payerproof.sandbox.oauth.store import new_id, new_secret

SESSION_LIFETIME = 12 * 3600.0
JOURNEY_LIFETIME = 30 * 60.0
_MOST_UNCLAIMED = 2000


@dataclass
class Journey:
    """One authorization request on its way through the pages.

    `patient` is the member whose record was chosen (logical id), empty until then.
    """

    id: str
    request: AuthorizationRequest
    begun: float
    patient: str = ""


@dataclass
class Session:
    """What the portal knows of one browser. `user` is set once every factor has been given."""

    key: str = field(repr=False)
    started: float
    csrf: str = field(default_factory=new_secret, repr=False)
    user: str = ""
    auth_time: float = 0.0
    identifier: str = ""
    pending: str = ""
    pending_since: float = 0.0
    wanted: str = ""
    journeys: dict[str, Journey] = field(default_factory=dict)


class SessionStore:
    """Sessions by the secret in the browser's cookie."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._sessions: dict[str, Session] = {}

    def find(self, key: str) -> Session | None:
        """The living session with this key, or None."""
        session = self._sessions.get(key)
        if session is not None and self._clock.now() - session.started > SESSION_LIFETIME:
            del self._sessions[key]
            return None
        return session

    def open(self) -> Session:
        """A new session of nobody."""
        session = Session(new_secret(), self._clock.now())
        self._sessions[session.key] = session
        return session

    def renew(self, session: Session) -> None:
        """Give a session a new key and CSRF token, as at every sign-in (session fixation)."""
        self._sessions.pop(session.key, None)
        session.key, session.csrf = new_secret(), new_secret()
        session.started = self._clock.now()
        self._sessions[session.key] = session

    def close(self, session: Session) -> None:
        """Forget a session."""
        self._sessions.pop(session.key, None)

    def close_all_of(self, user: str) -> None:
        """Forget every session of one person."""
        for session in [s for s in self._sessions.values() if s.user == user]:
            self.close(session)


class Journeys:
    """Journeys that no browser has taken up yet: each can be claimed by one session, once."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._unclaimed: dict[str, Journey] = {}

    def begin(self, request: AuthorizationRequest) -> Journey:
        """Start a journey for a validated request."""
        if len(self._unclaimed) >= _MOST_UNCLAIMED:
            del self._unclaimed[next(iter(self._unclaimed))]
        journey = Journey(new_id(), request, self._clock.now())
        self._unclaimed[journey.id] = journey
        return journey

    def of(self, session: Session, journey_id: str) -> Journey | None:
        """The journey, if it belongs to this session or to nobody yet, and isn't too old."""
        if journey_id in self._unclaimed:
            session.journeys[journey_id] = self._unclaimed.pop(journey_id)
        journey = session.journeys.get(journey_id)
        if journey is not None and self._clock.now() - journey.begun > JOURNEY_LIFETIME:
            del session.journeys[journey_id]
            return None
        return journey
