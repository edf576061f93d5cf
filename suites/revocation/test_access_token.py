"""Access tokens after a revocation: refused in time, in every form, and for good."""

from __future__ import annotations

from payerproof.expect.given import Looks
from payerproof.suite import (
    Api,
    FhirClient,
    Lease,
    Person,
    Portal,
    Reply,
    Target,
    check,
    eventually,
    expect,
    inconclusive_unless,
    remark,
)

NEEDS = ("member", "portal", "two_apps", "state_changes")


@check("revocation.access-token-dies/after-console-revoke", needs=NEEDS)
def test_access_token_after_revoking_in_the_portal(
    api: Api, lease: Lease, member: Person, portal: Portal, target: Target
) -> None:
    """After the member revokes, the access token is refused within the limit."""
    # given a token that opens the member's own Patient
    grant = lease(member)
    looks = Looks(api.as_(grant), member.patient_id)
    looks.must_open()
    # when the member revokes the app in the portal
    portal.revoke(member, target.app(grant.app))
    delay = _watch(looks, target)
    # then the token is refused before the limit is up
    _expect_within(looks, delay, target, target.policy.revocation_limit_seconds)


@check("revocation.prompt/target", needs=NEEDS)
def test_access_token_is_refused_promptly(
    api: Api, lease: Lease, member: Person, portal: Portal, target: Target
) -> None:
    """The delay is within the payer file's target."""
    grant = lease(member)
    looks = Looks(api.as_(grant), member.patient_id)
    looks.must_open()
    portal.revoke(member, target.app(grant.app))
    delay = _watch(looks, target)
    _expect_within(looks, delay, target, target.policy.revocation_target_seconds)


@check("revocation.access-token-dies/every-type-and-form", needs=NEEDS)
def test_no_type_opens_in_any_form(
    api: Api, lease: Lease, member: Person, portal: Portal, target: Target
) -> None:
    """After revocation no type opens, by read, search, POST search or $everything."""
    # given data of several types, and a token that has opened them in each form
    member.must_have("ExplanationOfBenefit", "Coverage", "Condition")
    grant = lease(member)
    client = api.as_(grant)
    before = _in_every_form(client, member)
    opened = [form for form, reply in before.items() if reply.resources]
    inconclusive_unless(
        opened,
        "nothing opened before the revocation",
        *(reply.exchange for reply in before.values()),
    )
    # when the app is revoked, and its token is refused for the member's own Patient
    portal.revoke(member, target.app(grant.app))
    looks = Looks(client, member.patient_id)
    inconclusive_unless(
        _watch(looks, target) is not None, "the token still works", looks.last.exchange
    )
    # then the very same requests are refused as well
    after = _in_every_form(client, member)
    expect(*(after[form] for form in opened)).is_refused()


@check("revocation.access-token-dies/remaining-life-told", needs=NEEDS)
def test_remaining_life_of_a_living_token(
    api: Api, lease: Lease, member: Person, portal: Portal, target: Target
) -> None:
    """Where a self-contained token lives on, its remaining life is told."""
    # given a token that works
    grant = lease(member)
    looks = Looks(api.as_(grant), member.patient_id)
    looks.must_open()
    # when the app is revoked
    portal.revoke(member, target.app(grant.app))
    delay = _watch(looks, target)
    # then it dies, or says when it will, and that is within the limit
    kind = "self-contained" if grant.access_token.count(".") == 2 else "opaque"
    told = "a life it does not tell" if grant.expires_in is None else f"{grant.expires_in:g} s"
    remark(f"The access token is {kind}; it was issued for {told}.")
    limit = target.policy.revocation_limit_seconds
    expect.that(
        delay is not None or (grant.expires_in is not None and grant.expires_in <= limit),
        f"a token that dies with the grant, or ends by itself within {limit:g} seconds",
        f"refused {delay:.1f} seconds after the revocation"
        if delay is not None
        else f"still opens data {target.policy.revocation_wait_seconds:g} seconds after the "
        f"revocation, and was issued for {told}",
        grant.exchange,
        looks.last.exchange,
    )


@check("revocation.access-token-dies/stays-dead", needs=NEEDS)
def test_refused_token_stays_refused(
    api: Api, lease: Lease, member: Person, portal: Portal, target: Target
) -> None:
    """A refused token does not come back to life."""
    # given a token that was refused once after a revocation
    grant = lease(member)
    looks = Looks(api.as_(grant), member.patient_id)
    looks.must_open()
    portal.revoke(member, target.app(grant.app))
    inconclusive_unless(
        _watch(looks, target) is not None, "the token still works", looks.last.exchange
    )
    # when it is presented again, to whatever stands behind the same address
    first = len(looks.replies)
    alive = eventually(
        lambda: not looks.refused() or len(looks.replies) >= first + 6,
        within=target.policy.revocation_wait_seconds,
        every=target.policy.revocation_poll_seconds,
    )
    inconclusive_unless(alive is not None, "there was no time to look again", looks.last.exchange)
    # then it is refused every time
    expect(*looks.replies[first:]).is_refused()


def _in_every_form(client: FhirClient, person: Person) -> dict[str, Reply]:
    """The person's data by each form of request, another type each time."""
    own = person.patient_id
    return {
        "read": client.read("ExplanationOfBenefit", person.record.ids("ExplanationOfBenefit")[0]),
        "search": client.search("Coverage", beneficiary=own),
        "search by POST": client.search_by_post("Condition", patient=own),
        "everything": client.get(f"Patient/{own}/$everything"),
    }


def _watch(looks: Looks, target: Target) -> float | None:
    """Seconds until the token was refused, or None where it was not; told in the report."""
    policy = target.policy
    delay = eventually(
        looks.refused,
        within=policy.revocation_wait_seconds,
        every=policy.revocation_poll_seconds,
    )
    remark(
        f"After the revocation the access token still worked for the "
        f"{policy.revocation_wait_seconds:g} seconds the run waited."
        if delay is None
        else f"The access token was refused {delay:.1f} seconds after the revocation."
    )
    return delay


def _expect_within(looks: Looks, delay: float | None, target: Target, limit: float) -> None:
    """Refused before the limit; where the run waited for less than that, it cannot be told."""
    waited = target.policy.revocation_wait_seconds
    inconclusive_unless(
        delay is not None or waited >= limit,
        f"the token still worked after {waited:g} seconds, and the limit is {limit:g}: "
        "set policy.revocation_wait_seconds as long as the limit to see it out",
        looks.last.exchange,
    )
    expect.that(
        delay is not None and delay <= limit,
        f"a refusal within {limit:g} seconds",
        f"refused after {delay:.1f} seconds ({{x:{looks.last.exchange}}})"
        if delay is not None
        else f"not refused in {waited:g} seconds ({{x:{looks.last.exchange}}})",
        looks.replies[0].exchange,
        looks.last.exchange,
    )
