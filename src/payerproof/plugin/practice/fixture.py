"""What the fixtures ``practice`` and ``choices`` give: one method for each observation of a run."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from payerproof.expect.holdings import Content
from payerproof.expect.outcomes import NotTested, not_applicable_unless
from payerproof.fhir.bulk import Export
from payerproof.fhir.reply import Reply
from payerproof.plugin.organisations import Organisation, clinic_of
from payerproof.plugin.practice import altering, asking, asserting, choosing, exporting, paging
from payerproof.plugin.practice.beside import beside
from payerproof.plugin.practice.cutting import CutOff, cut_off
from payerproof.plugin.practice.dropping import Dropped, dropped
from payerproof.plugin.practice.entry import Entry, entered
from payerproof.plugin.practice.exploring import Explored, explored
from payerproof.plugin.practice.matched import Matched, matched, offered, unannounced
from payerproof.plugin.practice.matrix import Matrix, matrix
from payerproof.plugin.practice.observing import observed
from payerproof.plugin.practice.patient_level import PatientLevel, patient_level
from payerproof.plugin.practice.protected import Consented, consented
from payerproof.plugin.session import RunSession
from payerproof.polite.retry_after import seconds_to_wait
from payerproof.target import Clinic
from payerproof.target.needs import clinic_pair, served_clinics

if TYPE_CHECKING:
    from payerproof.plugin.practice.apart import Apart


@dataclass(frozen=True)
class Practice:
    """What clinics get while nobody changes anything; each observation is made once in a run.

    Every method raises `payerproof.expect.outcomes.Inconclusive` where it could not be made.
    """

    _session: RunSession = field(repr=False)

    @property
    def clinic(self) -> Organisation[Clinic]:
        """The clinic most checks act for."""
        pair = clinic_pair(self._session.target)
        served = served_clinics(self._session.target)
        assert served, "needs clinic: say so in @check(…, needs=('clinic',))"
        return clinic_of(self._session, pair[0] if pair else served[0])

    @property
    def other(self) -> Organisation[Clinic] | None:
        """A second clinic with a member of its own, where there is one."""
        pair = clinic_pair(self._session.target)
        return clinic_of(self._session, pair[1]) if pair else None

    def member_token(self) -> str:
        """The access token of the app of the member most checks act for."""
        first = self._session.cast.first
        assert first is not None, "needs member: say so in @check(…, needs=('member',))"
        return self._session.shared_grant(first).access_token

    def entry(self) -> Entry:
        """The clinic's way to its members."""
        return entered(self._session, self.clinic)

    def matrix(self) -> Matrix:
        """Every clinic against every member."""
        return observed(self._session, "matrix", lambda: matrix(self._session))

    def full(self) -> exporting.Full:
        """The clinic's full export."""
        return exporting.full(self._session, self.clinic)

    def content(self) -> Content:
        """What that export comes to."""
        return exporting.content(self._session, self.clinic)

    def handled(self) -> exporting.Handled:
        """A small export whose addresses others tried."""
        return observed(
            self._session, "handled", lambda: exporting.handled(self._session, self.clinic)
        )

    def patient_level(self) -> PatientLevel:
        """The clinic's export of all patients, where the payer declares that."""
        return observed(
            self._session, "patient level", lambda: patient_level(self._session, self.clinic)
        )

    def small_export(self) -> Export:
        """An export of Patient, made anew and not deleted."""
        return exporting.exported(self._session, self.clinic, type="Patient")

    def kept_for(self, export: Export) -> float | None:
        """Seconds from now until an export's files expire; None where it does not say."""
        told = export.last.header("expires")
        return seconds_to_wait(told, time.time()) if told else None

    def allowed_in_both(self) -> tuple[frozenset[str], frozenset[str]]:
        """Patients whom the two clinics may see."""
        seen, other = self.matrix(), self.other
        assert other is not None, "needs two_clinics: say so in @check(…, needs=('two_clinics',))"
        return seen.allowed(self.clinic.id), seen.allowed(other.id)

    def asked(self) -> asking.Asked:
        """Exports with parameters, tricks and mistakes."""
        return observed(self._session, "asked", lambda: asking.asked(self._session, self.clinic))

    def crossed(self) -> asking.Crossed:
        """The same export by two clinics, and by one with less than its scopes."""
        other = self.other
        if other is None:
            raise NotTested("needs two clinics in the network, each with a member of its own")
        return observed(
            self._session, "crossed", lambda: asking.crossed(self._session, self.clinic, other)
        )

    def searched(self) -> tuple[Reply, ...]:
        """The clinic's searches for the claims and the coverage of all its members."""

        def search() -> tuple[Reply, ...]:
            self.entry().must_lead_in()
            client = self.clinic.client
            kinds = ("ExplanationOfBenefit", "Coverage")
            return tuple(client.search(kind, [("_count", "100")]) for kind in kinds)

        return observed(self._session, "searched", search)

    def beside(self) -> dict[str, Reply]:
        """Searches that try to bring money along, and a plain one."""
        return observed(self._session, "beside", lambda: beside(self.clinic, self.entry()))

    def matched(self) -> Matched:
        """Members whom the clinic has matched, rightly and wrongly."""
        not_applicable_unless(offered(self._session), "The payer offers no match to clinics.")
        return observed(self._session, "matched", lambda: matched(self._session))

    def unannounced(self) -> Matched | None:
        """A right match that was asked for though none is declared; None where one is."""
        return observed(self._session, "unannounced", lambda: unannounced(self._session))

    def asserted(self) -> asserting.Asserted:
        """Tokens asked for in every wrong way, and in the right ones."""
        return observed(
            self._session, "asserted", lambda: asserting.asserted(self.clinic, self.other)
        )


@dataclass(frozen=True)
class Choices:
    """What clinics get while something is changed for a moment; a check that asks for it must not
    ask for a clinic as well: whoever changes what is shared waits until nobody looks at it."""

    _session: RunSession = field(repr=False)

    def by_hook(self) -> choosing.Chosen:
        """A member opts out by the operator's hook, and in again."""
        session = self._session
        return observed(
            session,
            "opt-out by hook",
            lambda: choosing.opted_out(session, lambda who: choosing.by_hook(session, who)),
            changes=True,
        )

    def by_page(self) -> paging.Paged:
        """A member opts out on the payer's page, and in again."""
        session = self._session
        return observed(session, "opt-out by page", lambda: paging.by_member(session), changes=True)

    def by_representative(self) -> paging.Paged:
        """A representative opts a member out on the payer's page, and in again."""
        session = self._session
        make = paging.by_representative
        return observed(session, "opt-out for another", lambda: make(session), changes=True)

    def treatment_ended(self) -> altering.Altered:
        """A treatment relationship ends for a moment."""
        return self._changed("treatment ended", altering.treatment_ended)

    def cut_off(self) -> CutOff:
        """A clinic's registration is taken back for a moment."""
        session = self._session
        return observed(session, "cut off", lambda: cut_off(session), changes=True)

    def network_left(self) -> altering.Altered:
        """A clinic leaves the network for a moment."""
        return self._changed("network left", altering.network_left)

    def lookup_failing(self) -> altering.Altered:
        """The payer's list of choices can't be looked up for a moment."""
        return self._changed("lookup failing", altering.lookup_failing)

    def number_changed(self) -> altering.Altered:
        """A member who has opted out gets another member number for a moment."""
        return self._changed("number changed", altering.number_changed)

    def dated(self) -> altering.Dated:
        """Choices of different dates and orders."""
        session = self._session
        return observed(session, "dated", lambda: altering.dated(session), changes=True)

    def consented(self) -> Consented:
        """Substance use records without the member's consent, with it, and after."""
        session = self._session
        return observed(session, "consented", lambda: consented(session), changes=True)

    def apart(self) -> Apart:
        """An opt-out beside a wish for an exchange between payers."""
        # imported late: what other payers get stands on what clinics get
        from payerproof.plugin.practice.apart import apart

        session = self._session
        return observed(session, "apart", lambda: apart(session), changes=True)

    def dropped(self) -> Dropped:
        """A claim that was put in, exported, and dropped."""
        session = self._session
        return observed(session, "dropped", lambda: dropped(session), changes=True)

    def explored(self) -> Explored:
        """Any order of choices, treatments, reads and exports."""
        session = self._session
        return observed(session, "explored", lambda: explored(session), changes=True)

    def _changed(self, key: str, make: altering.Make) -> altering.Altered:
        session = self._session
        return observed(session, key, lambda: make(session), changes=True)
