"""What the fixture ``observed`` gives: one method for each observation of a run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from payerproof.browser.facts import AuthorizationOutcome
from payerproof.expect.outcomes import not_applicable_unless
from payerproof.plugin.observed import asking, presented, refresh, trips
from payerproof.plugin.observed.acting import Acting, Listed, acting, listed
from payerproof.plugin.observed.authority import EndedAuthority, ended
from payerproof.plugin.observed.guessing import (
    Guessed,
    GuessedCodes,
    guessed,
    guessed_codes,
)
from payerproof.plugin.observed.majority import Majority, majority
from payerproof.plugin.observed.others import Others, others
from payerproof.plugin.observed.presented import Presented
from payerproof.plugin.observed.protected import Protected, protected
from payerproof.plugin.observed.represented import Represented, represented
from payerproof.plugin.observed.returned import (
    RefreshReturned,
    Returned,
    access_returned,
    refresh_returned,
)
from payerproof.plugin.observed.scene import observe
from payerproof.plugin.observed.signing_in import (
    Failed,
    Recordless,
    at_the_portal,
    failed,
    half_signed_in,
    without_record,
)
from payerproof.plugin.session import RunSession
from payerproof.smart.client import RegisteredApp
from payerproof.target import App


@dataclass(frozen=True)
class Observed:
    """Observations; each is made by whichever check asks first, and then remembered.

    Every method raises `payerproof.expect.outcomes.Inconclusive` where it could not be made. A
    check asks for its observations before it leases anything: whoever makes one may wait for apps
    that the check holds.
    """

    _session: RunSession = field(repr=False)

    def refreshed(self) -> refresh.Refreshed:
        """One refresh, and its refresh tokens tried again."""
        return observe(self._session, "refreshed", refresh.refreshed)

    def rescoped(self) -> refresh.Rescoped:
        """Refreshes that ask for other scopes."""
        found = observe(self._session, "rescoped", refresh.rescoped)
        grant = found.grant
        not_applicable_unless(grant.refresh_token, "No refresh token was given.", grant.exchange)
        return found

    def narrowed(self) -> refresh.Narrowed:
        """A grant, and a later consent of the same app that left something out."""
        return observe(self._session, "narrowed", refresh.narrowed)

    def expired(self) -> refresh.Expired:
        """A grant that the operator brought to its end."""
        return observe(self._session, "expired", refresh.expired)

    def others(self) -> Others:
        """An app's tokens in the hands of others."""
        return observe(self._session, "others", others)

    def access_returned(self) -> Returned:
        """An access token that its app handed back."""
        return observe(self._session, "access returned", access_returned)

    def refresh_returned(self) -> RefreshReturned:
        """A refresh token that its app handed back."""
        found = observe(self._session, "refresh returned", refresh_returned)
        not_applicable_unless(found, "no refresh token was issued")
        assert found is not None
        return found

    def replayed(self) -> trips.Replayed:
        """A code that was presented twice."""
        return observe(self._session, "replayed", trips.replayed)

    def asserted(self) -> trips.Asserted:
        """An app that proves who it is by signed assertions."""
        return observe(self._session, "asserted", trips.asserted)

    def asserting(self, name: str, make: Callable[[RegisteredApp, str], str]) -> Presented:
        """A wrong assertion, which goes by this name; `make` makes it for an app and endpoint."""
        return observe(
            self._session, f"asserting {name}", lambda scene: presented.asserting(scene, make)
        )

    def posing(self, name: str, kind: str, as_: Callable[[App], App]) -> Presented:
        """Wrong credentials of an app of this type, which go by this name; `as_` puts them in."""
        return observe(
            self._session, f"posing as {name}", lambda scene: presented.posing(scene, kind, as_)
        )

    def asked(self) -> asking.Asked:
        """An app that was not connected, and how the member was asked about it."""
        return observe(self._session, "asked", asking.asked)

    def protected(self) -> Protected:
        """Specially protected records, by a grant for which their box was left empty."""
        return observe(self._session, "protected", protected)

    def unattested(self) -> asking.Unattested:
        """An app whose developer did not attest to the payer's privacy questions."""
        return observe(self._session, "unattested", asking.unattested)

    def acting(self) -> Acting:
        """A representative who connected one app to two records, and ended one connection."""
        return observe(self._session, "acting", acting)

    def ended_authority(self) -> EndedAuthority:
        """A representative whose authority the payer ended."""
        return observe(self._session, "ended authority", ended)

    def majority(self) -> Majority:
        """A child who came of age, and what a parent connected for them before and after."""
        return observe(self._session, "majority", majority)

    def in_spanish(self) -> AuthorizationOutcome:
        """A consent page asked for in Spanish, and what came of pressing “Not you?” on it."""
        return observe(self._session, "in spanish", asking.in_spanish)

    def half_signed_in(self) -> AuthorizationOutcome:
        """A login that stopped before the second factor, and what it opened all the same.

        Once in a run: a wrong code that was taken is used up, and hides the fault the second time.
        """
        return observe(self._session, "half signed in", half_signed_in, repeatable=False)

    def at_the_portal(self) -> AuthorizationOutcome:
        """A login at the portal itself."""
        return observe(self._session, "at the portal", at_the_portal, repeatable=False)

    def failed(self) -> Failed:
        """Logins that ought to fail: wrong passwords, and a name that nobody has."""
        return observe(self._session, "failed", failed)

    def guessed(self) -> Guessed:
        """Many wrong passwords, and then the right one; once in a run."""
        return observe(self._session, "guessed", guessed, repeatable=False)

    def guessed_codes(self) -> GuessedCodes:
        """Many wrong second-factor codes, and then the right one; once in a run."""
        return observe(self._session, "guessed codes", guessed_codes, repeatable=False)

    def without_record(self) -> Recordless:
        """An app connected by somebody who has no member's record."""
        return observe(self._session, "without record", without_record)

    def represented(self) -> Represented:
        """An app that a representative connected, and the member ended."""
        return observe(self._session, "represented", represented)

    def listed(self) -> Listed:
        """The list of connected apps of a member with one app, which may not come back alone."""
        return observe(self._session, "listed", listed)

    def alone(self, scopes: str) -> trips.Alone:
        """A request for these scopes and no others."""
        return observe(self._session, f"alone: {scopes}", lambda scene: trips.alone(scene, scopes))
