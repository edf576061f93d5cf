"""Page links that open what the presented token does not."""

from __future__ import annotations

from payerproof.sandbox.access import Access, Refusal
from payerproof.sandbox.defects.changing import decision

Presented = Access | Refusal


@decision(
    "page_access",
    "page-link-good-for-any-token",
    "isolation",
    "N-BOLA-16",
    "A page is fetched from the cache with any good token, whoever made the search",
    twin="foreign-page-link-gone",
)
def _any_token(presented: Presented, made: Access) -> Presented:
    return presented if isinstance(presented, Refusal) else made


@decision(
    "page_access",
    "page-link-needs-no-token",
    "isolation",
    "N-BOLA-16 N-BOLA-40",
    "Later pages are served without a token, because the link cannot be guessed",
    twin="foreign-page-link-gone",
)
def _no_token(presented: Presented, made: Access) -> Presented:
    if isinstance(presented, Refusal):
        return presented if presented.error else made
    return presented if presented.grant_id == made.grant_id else _elsewhere()


@decision(
    "page_access",
    "page-link-outlives-token",
    "isolation",
    "N-BOLA-17",
    "A search once begun may be paged to its end, though the token has been revoked meanwhile",
)
def _dead_token(presented: Presented, made: Access) -> Presented:
    if isinstance(presented, Refusal):
        return made if presented.error else presented
    return presented if presented.grant_id == made.grant_id else _elsewhere()


@decision(
    "page_access",
    "page-link-good-for-any-app-of-member",
    "isolation",
    "N-BOLA-16",
    "A page link works for every app of the same member, with the rights of the app that searched",
    twin="page-link-good-for-newer-grant",
)
def _any_app(presented: Presented, made: Access) -> Presented:
    if isinstance(presented, Refusal):
        return presented
    return made if presented.patient == made.patient else _elsewhere()


@decision(
    "page_access",
    "page-link-good-within-app",
    "isolation",
    "N-BOLA-16",
    "A page link is bound to the app that searched, and not to the member",
    twin="page-link-good-for-newer-grant",
)
def _any_member(presented: Presented, made: Access) -> Presented:
    if isinstance(presented, Refusal):
        return presented
    return made if presented.client_id == made.client_id else _elsewhere()


def _elsewhere() -> Refusal:
    return Refusal(403, "", "The link belongs to another authorization.")


@decision(
    "page_access",
    "foreign-page-link-gone",
    "isolation",
    "N-BOLA-16",
    "A page link of another authorization is answered as one that has expired (410)",
    lawful=True,
)
def _gone(presented: Presented, made: Access) -> Presented:
    if isinstance(presented, Refusal) or presented.grant_id == made.grant_id:
        return presented
    return Refusal(410, "", "The page link has expired; repeat the search.")


@decision(
    "page_access",
    "page-link-good-for-newer-grant",
    "isolation",
    "N-BOLA-16 N-BOLA-17",
    "A page link goes on under a newer grant of the same member and app, with that grant's rights",
    lawful=True,
)
def _newer_grant(presented: Presented, made: Access) -> Presented:
    if isinstance(presented, Refusal):
        return presented
    same = (presented.client_id, presented.user, presented.patient)
    return presented if same == (made.client_id, made.user, made.patient) else _elsewhere()
