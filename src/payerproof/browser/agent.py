"""The member's agent: authorizes apps, looks at pages, revokes, in a member's name.

`BrowserAgent` keeps one browser context per persona for the run, so that the portal session is used
again and nobody logs in twice; it belongs to one thread. `HookAgent` serves runs without a browser.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Protocol
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Error
from playwright.sync_api import TimeoutError as TimedOut

from payerproof.browser import amiss, detector, pages, portal, sharing
from payerproof.browser.engine import Browser
from payerproof.browser.errand import Errand, Progress
from payerproof.browser.errors import (
    ControlNotFound,
    LoginFailed,
    NeedsBrowser,
    NothingToVisit,
    PageUnreachable,
    UnknownPersona,
)
from payerproof.browser.facts import (
    AuthorizationOutcome,
    AuthorizationVisit,
    ConnectedApps,
    PageFacts,
    Pressed,
    SharingPage,
)
from payerproof.browser.hook import HookAgent
from payerproof.browser.journey import Journey
from payerproof.browser.kinds import Kind, Reading
from payerproof.browser.launch import Engine, payer_hosts
from payerproof.browser.observe import Observer, client_id
from payerproof.browser.redirects import Caught, parameters_of
from payerproof.browser.snapshot import Control, Snapshot
from payerproof.browser.tab import Tab
from payerproof.browser.totp import TotpClock
from payerproof.record import Recorder
from payerproof.target import Persona, Target

__all__ = ["BrowserAgent", "HookAgent", "MemberAgent", "NeedsBrowser"]

_VIEWPORT = 1000
_LOCALE = "en-US"
_ENTRIES_OF_AN_APP = 4
"""A representative may have one for each member an app was connected to."""


class MemberAgent(Protocol):
    """Somebody who acts in a member's name at the payer's pages."""

    def authorize(self, visit: AuthorizationVisit) -> AuthorizationOutcome:
        """Make the trip to the authorization endpoint, up to the app's redirect."""
        ...

    def connected_apps(self, persona: str, *, anonymous: bool = False) -> ConnectedApps:
        """Look at the portal's list of connected apps; ``anonymous``: without logging in."""
        ...

    def revoke(self, persona: str, app_name: str) -> ConnectedApps:
        """Press Revoke for the named app, confirm, and look at the list again."""
        ...

    def revoke_all(self, persona: str, app_names: Sequence[str]) -> tuple[str, ...]:
        """Revoke several apps on one visit; return those that can no longer be revoked."""
        ...

    def visit(self, url: str, *, persona: str = "", locale: str = "") -> PageFacts:
        """Look at a page, in a persona's session or without one."""
        ...

    def choose_sharing(self, persona: str, whose: str, *, share: bool) -> SharingPage:
        """Decide on the portal's page whether a person's data are shared with clinics."""
        ...

    def log_in(
        self, persona: str, *, password: str | None = None, username: str = ""
    ) -> AuthorizationOutcome:
        """Log in at the portal in a new context; with another password, perhaps another name."""
        ...


@dataclass
class Session:
    """A browser context with its tab and its listener."""

    context: BrowserContext
    tab: Tab
    observer: Observer

    def close(self) -> None:
        """Record what is left and close the context."""
        self.observer.flush()
        try:
            self.context.close()
        except Error:
            return  # the browser is gone, and the context with it


@dataclass
class BrowserAgent:
    """`MemberAgent` with a real browser, for the thread that starts it."""

    target: Target
    recorder: Recorder
    headed: bool = False
    browser: Browser | None = None
    clock: TotpClock = field(default_factory=TotpClock)
    """Shared by the agents of a run: two personas may have one account."""
    engine: Engine = field(init=False)
    _sessions: dict[tuple[str, str], Session] = field(default_factory=dict, init=False)
    _logins: dict[str, int] = field(default_factory=dict, init=False)
    _refused: dict[str, tuple[str, str]] = field(default_factory=dict, init=False)
    _pictured: set[tuple[str, ...]] = field(default_factory=set, init=False)

    def __post_init__(self) -> None:
        self.engine = Engine(self.target, self.headed, self.browser)

    def __enter__(self) -> BrowserAgent:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Launch the browser; raises `BrowserMissing`."""
        self.engine.start()
        for note in self.engine.notes:
            self.recorder.note(note)

    def stop(self) -> None:
        """Close contexts, browser and driver."""
        for session in self._sessions.values():
            session.close()
        self._sessions.clear()
        self.engine.stop()

    def alive(self) -> bool:
        """False where the browser was never started, or has crashed."""
        running = self.engine.running
        return running is not None and running.is_connected()

    def browser_version(self) -> str:
        """Name and version, such as ``Chromium 156.0.8078.79``."""
        running, found = self.engine.running, self.engine.browser
        name = found.version.rpartition(" ")[0] if found is not None else ""
        return f"{name or 'Chromium'} {running.version if running is not None else ''}".strip()

    # -- the agent's work ----------------------------------------------------------------------

    def authorize(self, visit: AuthorizationVisit) -> AuthorizationOutcome:
        """See `MemberAgent.authorize`. Raises `UnknownPersona`, `PageUnreachable`."""
        persona = self._persona(visit.persona)
        app = client_id(visit.url, visit.form)
        errand = Errand(
            persona=persona,
            goal="redirect",
            redirect_uri=visit.redirect_uri,
            decision=visit.decision,
            leave_out=visit.leave_out,
            include=visit.include,
            choose=visit.choose,
            app_names=self._app_names(app),
        )
        self._learn_request(visit)
        with self._session(persona.id, visit.locale, fresh=visit.fresh) as session:
            self._begin(session, persona.id, self._app_id(app), visit.redirect_uri)
            trouble = self._open(session, visit)
            progress = trouble or self._travel(session, errand)
            outcome = self._outcome(session, progress)
            return self._half_way(session, visit, outcome) if visit.decision == "half" else outcome

    def _half_way(
        self, session: Session, visit: AuthorizationVisit, outcome: AuthorizationOutcome
    ) -> AuthorizationOutcome:
        """Try what the second factor ought to stop, where it was asked for on a page of its own."""
        if not outcome.pages or outcome.pages[-1].kind != "second-factor":
            return outcome

        def go(url: str) -> None:
            self._goto(session, url)

        def read() -> tuple[Snapshot, PageFacts]:
            return self._read(session)

        def learn(code: str) -> None:
            self.recorder.redactor.learn("otp", code)

        def give(codes: Sequence[str]) -> tuple[PageFacts, ...]:
            return amiss.wrong_codes_given(session.tab, codes, asked, go, read, learn)

        asked = session.tab.page.url
        opened = amiss.opened(session.tab, visit.then, go, read)
        persona = self._persona(visit.persona)
        seed = persona.totp.reveal() if persona.totp is not None else ""
        if visit.guesses and seed:
            near, began = (self.clock.wrong(seed)[0],) * visit.guesses, time.monotonic()
            pages = give(near)
            each = (time.monotonic() - began) / max(len(pages), 1)
            again = give((self.clock.code(seed),))
            return replace(
                outcome, refused_codes=pages, used_code=next(iter(again), None), login_seconds=each
            )
        wrong = give(self.clock.wrong(seed) if seed else ())
        used = [code for code in [self.clock.used(seed) if seed else ""] if code]
        again = give(used)
        return replace(
            outcome,
            opened=opened,
            refused_codes=wrong,
            used_code=next(iter(again), None),
            exchanges=tuple(session.observer.exchanges),
        )

    def log_in(
        self, persona: str, *, password: str | None = None, username: str = ""
    ) -> AuthorizationOutcome:
        """See `MemberAgent.log_in`. Raises `NothingToVisit`, `UnknownPersona`."""
        someone = self._persona(persona)
        if password is not None:
            self.recorder.redactor.learn("password", password)
        with self._session(persona, "", fresh=True, keep=password is None) as session:
            self._begin(session, persona, "", "")
            self._goto(session, self._management_page())
            errand = Errand(someone, "portal", password=password, username=username)
            return self._outcome(session, self._travel(session, errand))

    def connected_apps(self, persona: str, *, anonymous: bool = False) -> ConnectedApps:
        """See `MemberAgent.connected_apps`. Raises `LoginFailed`, `NothingToVisit`."""
        with self._session("" if anonymous else persona, "") as session:
            self._begin(session, "" if anonymous else persona, "", "")
            self._goto(session, self._management_page())
            if anonymous:
                return self._anonymous_list(session)
            seen, facts = self._portal_page(session, self._persona(persona))
            session.observer.flush()
            others = tuple(session.observer.third_party)
            apps = portal.connected_apps(seen, self._known_apps())
            return ConnectedApps(facts, apps, True, others)

    def revoke(self, persona: str, app_name: str) -> ConnectedApps:
        """See `MemberAgent.revoke`. Raises `ControlNotFound`, `LoginFailed`."""
        someone = self._persona(persona)
        with self._session(persona, "") as session:
            self._begin(session, persona, "", "")
            self._goto(session, self._management_page())
            seen, _ = self._portal_page(session, someone)
            control = portal.revoke_control(seen, app_name)
            if control is None:
                raise ControlNotFound(
                    f"the connected-apps page of {persona} has no control to revoke {app_name}"
                )
            pressed, _ = self._press_revoke(session, someone, seen, control, app_name)
            # anew: the page that follows may greet with the app's name, or tell what it hopes for
            self._goto(session, self._management_page())
            seen, facts = self._portal_page(session, someone)
            apps = portal.connected_apps(seen, self._known_apps())
            return ConnectedApps(facts, apps, True, pressed=pressed)

    def revoke_all(self, persona: str, app_names: Sequence[str]) -> tuple[str, ...]:
        """See `MemberAgent.revoke_all`. Raises `LoginFailed`, `NothingToVisit`."""
        someone, revoked = self._persona(persona), []
        with self._session(persona, "") as session:
            self._begin(session, persona, "", "")
            self._goto(session, self._management_page())
            seen, _ = self._portal_page(session, someone)
            for name in app_names:
                pressed = False
                for _ in range(_ENTRIES_OF_AN_APP):
                    control = portal.revoke_control(seen, name)
                    if control is None:
                        break
                    _, seen = self._press_revoke(session, someone, seen, control, name)
                    pressed = True
                revoked += [name] if pressed and not portal.revoke_control(seen, name) else []
        return tuple(revoked)

    def choose_sharing(self, persona: str, whose: str, *, share: bool) -> SharingPage:
        """See `MemberAgent.choose_sharing`. Raises `LoginFailed`, `NothingToVisit`."""
        someone, address = self._persona(persona), self.target.pages.provider_access
        if not address:
            raise NothingToVisit("the payer file names no page for it (key pages.provider_access)")
        with self._session(persona, "") as session:
            self._begin(session, persona, "", "")
            self._goto(session, address)
            seen, facts = self._portal_page(session, someone, address)
            control = sharing.sharing_control(seen, whose, share=share)
            if control is None:
                return SharingPage(facts, exchanges=tuple(session.observer.exchanges))
            session.tab.accept_dialogs = True
            try:
                session.tab.press(control)
                asking = session.tab.look()
                confirm = sharing.confirming_control(seen, asking, share=share)
                if confirm is not None:
                    session.tab.press(confirm)
            finally:
                session.tab.accept_dialogs = False
            session.observer.flush()
            self._goto(session, address)
            _, after = self._portal_page(session, someone, address)
            exchanges = tuple(session.observer.exchanges)
            return SharingPage(facts, control.label, after, exchanges)

    def visit(self, url: str, *, persona: str = "", locale: str = "") -> PageFacts:
        """See `MemberAgent.visit`. Raises `UnknownPersona`, `PageUnreachable`."""
        if persona:
            self._persona(persona)
        with self._session(persona, locale) as session:
            self._begin(session, persona, "", "")
            self._goto(session, url)
            return self._read(session)[1]

    # -- sessions ------------------------------------------------------------------------------

    @contextmanager
    def _session(
        self, persona: str, locale: str, *, fresh: bool = False, keep: bool = True
    ) -> Iterator[Session]:
        """The persona's session; a fresh one is closed afterwards unless it is the first."""
        key = (persona, locale)
        known = self._sessions.get(key)
        if known is not None and not fresh and not known.tab.page.is_closed():
            yield known
            known.observer.flush()
            return
        session = self._new_session(locale)
        stays = keep and known is None
        if stays:
            self._sessions[key] = session
        try:
            yield session
            session.observer.flush()
        finally:
            if not stays:
                session.close()

    def _new_session(self, locale: str) -> Session:
        running = self.engine.running
        if running is None or not running.is_connected():
            raise PageUnreachable("the browser is not running")
        context = running.new_context(
            locale=locale or _LOCALE,
            viewport={"width": _VIEWPORT, "height": 800},
            service_workers="block",
            accept_downloads=False,
        )
        observer = Observer(self.recorder, payer_hosts(self.target))
        observer.attach(context)
        redirects = [app.redirect_uri for app in self.target.apps if app.redirect_uri]
        tab = Tab(context, dict.fromkeys(redirects), self._learn_answer)
        return Session(context, tab, observer)

    def _begin(self, session: Session, persona: str, app: str, redirect_uri: str) -> None:
        session.tab.watch(redirect_uri)
        session.observer.begin(persona, app, session.tab.redirect_uris)

    # -- going ---------------------------------------------------------------------------------

    def _open(self, session: Session, visit: AuthorizationVisit) -> Progress | None:
        """Go to the authorization endpoint; a trouble that shows there already is an end."""
        progress = Progress()
        try:
            if visit.method == "POST":
                session.tab.post(visit.url, visit.form)
            else:
                session.tab.goto(visit.url)
        except TimedOut:
            progress.stop("timeout", "the authorization endpoint did not answer in time")
        except Error as error:
            if session.tab.caught is not None:
                return None
            if "ERR_TOO_MANY_REDIRECTS" in str(error):
                progress.stop("redirect-loop", "the pages redirect to each other without end")
            else:
                raise self._unreachable(visit.url, error) from None
        return progress if progress.done else None

    def _goto(self, session: Session, url: str) -> None:
        try:
            session.tab.goto(url)
        except Error as error:
            raise self._unreachable(url, error) from None

    def _unreachable(self, url: str, error: Error) -> PageUnreachable:
        host = urlsplit(url).hostname or ""
        refusals = self.engine.relay.refusals if self.engine.relay is not None else {}
        code = re.search(r"net::(ERR_[A-Z_]+)", str(error))
        reason = refusals.get(host) or (code[1] if code else "no answer in time")
        return PageUnreachable(f"the browser could not open a page of {host}: {reason}")

    def _travel(self, session: Session, errand: Errand) -> Progress:
        persona = errand.persona.id
        journey = Journey(
            errand,
            session.tab,
            session.observer,
            self.target,
            self.clock,
            lambda seen, reading: self._describe(session, seen, reading),
            permit=lambda: self._permit(persona, errand),
        )
        progress = journey.run()
        own = progress.password_sent and errand.password is None
        if own and progress.trouble in ("locked", "wrong-credentials"):
            self._refused[persona] = (progress.trouble, progress.trouble_text)
        return progress

    def _permit(self, persona: str, errand: Errand) -> tuple[str, str]:
        """The trouble for which no password may be typed: accounts are locked by too many tries."""
        if persona in self._refused and errand.password is None:
            trouble, text = self._refused[persona]
            return trouble, f"not tried again in this run after: {text}"
        used = self._logins.get(persona, 0)
        limit = self.target.limits.logins_per_persona
        if used >= limit:
            return "not-understood", (
                f"{persona} has logged in {used} times in this run, and the payer file's "
                f"limits.logins_per_persona allows {limit}"
            )
        self._logins[persona] = used + 1
        return "", ""

    def _outcome(self, session: Session, progress: Progress) -> AuthorizationOutcome:
        caught = session.tab.caught
        session.observer.flush()
        return AuthorizationOutcome(
            redirected=caught is not None,
            redirect_url=caught.url if caught else "",
            parameters=dict(caught.parameters) if caught else {},
            pages=tuple(progress.pages),
            consent=progress.consent,
            consent_shown=progress.consent is not None,
            picker=progress.picker,
            logged_in=progress.logged_in,
            trouble="" if caught else progress.trouble,
            trouble_text="" if caught else progress.trouble_text,
            exchanges=tuple(session.observer.exchanges),
            third_party=tuple(session.observer.third_party),
            login_seconds=progress.login_seconds,
            second_factor=progress.second_factor,
            left_out=tuple(progress.left_out),
            pressed=progress.pressed,
            answer=progress.answer,
        )

    def _learn_request(self, visit: AuthorizationVisit) -> None:
        given = parameters_of(visit.url) | dict(visit.form)
        if given.get("state"):
            self.recorder.redactor.learn("state", given["state"])

    def _learn_answer(self, caught: Caught) -> None:
        """Before anything of the redirect is written."""
        for name, kind in (("code", "authorization code"), ("access_token", "access token")):
            if caught.parameters.get(name):
                self.recorder.redactor.learn(kind, caught.parameters[name])

    # -- pages ---------------------------------------------------------------------------------

    def _read(self, session: Session) -> tuple[Snapshot, PageFacts]:
        seen = session.tab.look()
        session.observer.flush()
        reading = detector.read(seen)
        return seen, self._describe(session, seen, reading)

    def _describe(self, session: Session, seen: Snapshot, reading: Reading) -> PageFacts:
        cookies = pages.cookies_of(session.context, seen.url)
        picture = self._picture(session, seen, reading)
        return pages.facts_of(seen, reading, session.observer.document, cookies, picture)

    def _picture(self, session: Session, seen: Snapshot, reading: Reading) -> str:
        """A masked screenshot, once for each kind of page of a persona and app."""
        observer = session.observer
        if not self._synthetic(observer.persona) or reading.kind is Kind.WAIT:
            return ""
        key = (observer.persona, observer.app, urlsplit(seen.url).path, str(reading.kind))
        if reading.kind.public not in _PICTURED or key in self._pictured:
            return ""
        self._pictured.add(key)
        image = pages.screenshot(session.tab, self.recorder.redactor)
        if not image:
            return ""
        document = observer.document
        return self.recorder.evidence(
            "screenshot",
            f"The {reading.kind.public} page as shown to {observer.persona or 'a visitor'}",
            exchanges=(document.exchange,) if document and document.exchange else (),
            image=image,
        )

    def _synthetic(self, persona: str) -> bool:
        if not persona:
            return self.target.synthetic
        return self._persona(persona).synthetic

    def _portal_page(
        self, session: Session, persona: Persona, address: str = ""
    ) -> tuple[Snapshot, PageFacts]:
        """A page of the portal, logging in on the way where that is asked for.

        Without an address it is the page where apps are managed.
        """
        wanted = address or self._management_page()
        seen, facts = self._read(session)
        if facts.kind in ("login", "second-factor", "interstitial", "picker"):
            progress = self._travel(session, Errand(persona, "portal"))
            if progress.trouble:
                raise LoginFailed(
                    f"{persona.id} could not log in at the portal: {progress.trouble}",
                    progress.trouble,
                )
            if not _same_page(session.tab.page.url, wanted):
                self._goto(session, wanted)
            seen, facts = self._read(session)
        return seen, facts

    def _anonymous_list(self, session: Session) -> ConnectedApps:
        seen, facts = self._read(session)
        inside = facts.kind in ("portal", "other") and facts.status < 400
        apps = portal.connected_apps(seen, self._known_apps()) if inside else ()
        return ConnectedApps(facts, apps, logged_in=inside and bool(apps or facts.kind == "portal"))

    def _press_revoke(
        self, session: Session, persona: Persona, seen: Snapshot, control: Control, app_name: str
    ) -> tuple[Pressed, Snapshot]:
        """Revoke one app; return what came of it, and the list as the payer served it then."""
        tab = session.tab
        tab.accept_dialogs = True
        session.observer.leave()
        try:
            tab.press(control)
            session.observer.flush()
            asking = tab.look()
            confirm = portal.confirm_control(seen, asking, app_name)
            if confirm is not None:
                tab.press(confirm)
                session.observer.flush()
        finally:
            tab.accept_dialogs = False
        # What the payer has answered may not be on the screen yet: only a list that is neither the
        # one before nor the question is the list after.
        served, shown = session.observer.document, tab.look()
        methods = tuple(session.observer.methods)
        pressed = Pressed(self._describe(session, shown, detector.read(shown)), methods)
        known = (seen,) if confirm is None else (seen, asking)
        if (
            served is None
            or not _same_page(served.url, self._management_page())
            or not _same_page(shown.url, self._management_page())
            or any(portal.same_document(shown, one) for one in known)
        ):
            self._goto(session, self._management_page())
        return pressed, self._portal_page(session, persona)[0]

    # -- the payer file ------------------------------------------------------------------------

    def _persona(self, name: str) -> Persona:
        try:
            return self.target.persona(name)
        except KeyError:
            raise UnknownPersona(f"the payer file has no persona {name}") from None

    def _management_page(self) -> str:
        page = self.target.pages.app_management
        if not page:
            raise NothingToVisit(
                "the payer file names no page where members manage connected apps "
                "(key pages.app_management)"
            )
        return page

    def _known_apps(self) -> list[str]:
        return [app.name for app in self.target.apps if app.name]

    def _app_names(self, client: str) -> tuple[str, ...]:
        return tuple(app.name for app in self.target.apps if app.client_id == client and app.name)

    def _app_id(self, client: str) -> str:
        return next((app.id for app in self.target.apps if app.client_id == client), "")


_PICTURED = frozenset({"consent", "picker", "error", "portal", "login"})


def _same_page(url: str, other: str) -> bool:
    mine, theirs = urlsplit(url), urlsplit(other)
    return (mine.netloc, mine.path.rstrip("/")) == (theirs.netloc, theirs.path.rstrip("/"))
