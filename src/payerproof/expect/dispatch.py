"""``expect(x)``: chooses the expectations that fit what came."""

from __future__ import annotations

from typing import overload

from payerproof.browser.facts import AuthorizationOutcome, PageFacts
from payerproof.expect.authorization import ExpectAuthorization
from payerproof.expect.outcomes import settle
from payerproof.expect.page import ExpectPage
from payerproof.expect.reply import ExpectReplies
from payerproof.expect.token import ExpectToken
from payerproof.fhir.reply import Reply
from payerproof.smart.tokens import TokenAnswer


class _Expect:
    """Callable with methods, so that checks read ``expect(reply)…`` and ``expect.that(…)``."""

    @overload
    def __call__(self, subject: TokenAnswer) -> ExpectToken: ...
    @overload
    def __call__(self, subject: AuthorizationOutcome) -> ExpectAuthorization: ...
    @overload
    def __call__(self, subject: PageFacts) -> ExpectPage: ...
    @overload
    def __call__(self, subject: Reply, *more: Reply) -> ExpectReplies: ...

    def __call__(
        self, subject: Reply | TokenAnswer | AuthorizationOutcome | PageFacts, *more: Reply
    ) -> ExpectReplies | ExpectToken | ExpectAuthorization | ExpectPage:
        """Return the expectations over one thing, or over several replies at once."""
        if isinstance(subject, TokenAnswer):
            return ExpectToken(subject)
        if isinstance(subject, AuthorizationOutcome):
            return ExpectAuthorization(subject)
        if isinstance(subject, PageFacts):
            return ExpectPage(subject)
        return ExpectReplies((subject, *more))

    @staticmethod
    def that(holds: object, expected: str, observed: str, *evidence: str) -> None:
        """Expect a fact; `evidence` are ids of exchanges or evidence that prove it."""
        settle(bool(holds), expected, observed, *evidence)


expect = _Expect()
"""The one entry to every expectation."""
