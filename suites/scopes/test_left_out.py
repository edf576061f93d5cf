"""What a member leaves out at consent: granted by no road, neither then nor by older tokens."""

from __future__ import annotations

from payerproof.expect.consent_words import WHILE_AWAY, says
from payerproof.expect.given import userinfo_address
from payerproof.plugin.observed import Narrowed
from payerproof.smart.scopes import opens
from payerproof.suite import (
    Api,
    Lease,
    Observed,
    Person,
    SmartConfiguration,
    check,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)

CLAIMS = "ExplanationOfBenefit"


@check("smart.scope-subset/within-the-choice", needs=("member", "browser", "two_apps"))
def test_unticked_class_is_not_granted(api: Api, lease: Lease, member: Person) -> None:
    """What the member unticked is in neither the scope nor the data."""
    member.must_have("Coverage", "Condition")
    grant = lease.reading(member, leave_out=("Condition",))
    inconclusive_unless(
        opens(grant.scopes, "Coverage", "s"), "the rest was not granted either", grant.exchange
    )
    reply = api.as_(grant).search("Condition", patient=member.patient_id)
    expect.that(
        not opens(grant.scopes, "Condition", "r") and not opens(grant.scopes, "Condition", "s"),
        "no scope for what was left out",
        f"granted: {' '.join(grant.scopes)}",
        grant.exchange,
    )
    expect(reply).has_no_resource_of("Condition")


@check("scopes.refused-choice-holds/every-path", needs=("member", "browser", "two_apps"))
def test_refused_class_is_absent_everywhere(api: Api, lease: Lease, member: Person) -> None:
    """A data class the member left out is absent from every road."""
    # given a grant without conditions, whose other data can be read
    member.must_have("Coverage", "Condition", CLAIMS)
    grant = lease.reading(member, leave_out=("Condition",))
    client = api.as_(grant)
    control = client.search("Coverage", beneficiary=member.patient_id)
    inconclusive_unless(control.matches, "nothing else can be read either", control.exchange)
    own = member.record.ids("Condition")[0]
    # when conditions are asked for by every road
    replies = [
        client.read("Condition", own),
        client.search("Condition", _id=own),
        client.search_by_post("Condition", patient=member.patient_id),
        client.get(f"Patient/{member.patient_id}/$everything"),
        client.get(f"Patient/{member.patient_id}/Condition"),
        client.search("Encounter", [("patient", member.patient_id), ("_include", "*")]),
        client.search("Patient", [("_id", member.patient_id), ("_revinclude", "*")]),
    ]
    # then none brings one
    expect(*replies).has_no_resource_of("Condition")


@check("scopes.refused-choice-holds/includes", needs=("member", "browser", "two_apps"))
def test_refused_class_does_not_ride_along(api: Api, lease: Lease, member: Person) -> None:
    """Personal data that the member left out do not come along by _include."""
    # given a grant from which the member left their personal data, and which finds claims
    member.must_have("Patient", CLAIMS)
    grant = lease.reading(member, leave_out=("Patient",))
    not_applicable_unless(
        not opens(grant.scopes, "Patient", "r"),
        "Personal data cannot be left out at this payer.",
        grant.exchange,
    )
    # when claims and coverage are asked for with the member they are about
    client, own = api.as_(grant), member.patient_id
    claims = client.search(CLAIMS, [("patient", own), ("_include", f"{CLAIMS}:patient")])
    inconclusive_unless(claims.matches or not claims.ok, "no claims come", claims.exchange)
    coverage = [("beneficiary", own), ("_include", "Coverage:beneficiary")]
    replies = (claims, client.search("Coverage", coverage))
    # then they come without
    expect(*replies).has_no_resource_of("Patient")


@check("scopes.refused-choice-holds/userinfo-and-id-token", needs=("member", "browser", "two_apps"))
def test_demographics_left_out_of_identity(
    api: Api, lease: Lease, smart: SmartConfiguration, member: Person
) -> None:
    """With demographics left out userinfo and id_token carry no name, e-mail or birth date."""
    from payerproof.smart.identity import parts

    # given a grant from which the member left their personal data
    member.must_have("Patient")
    grant = lease.reading(member, leave_out=("Patient",))
    not_applicable_unless(
        not opens(grant.scopes, "Patient", "r"),
        "Personal data cannot be left out at this payer.",
        grant.exchange,
    )
    known = parts(grant.id_token)
    claims = known[1] if known else {}
    address = userinfo_address(api, smart)
    userinfo = api.as_(grant).get(address) if address else None
    told = set(claims) | (set(userinfo.body) if userinfo is not None and userinfo.ok else set())
    personal = {
        "name",
        "given_name",
        "family_name",
        "email",
        "birthdate",
        "phone_number",
        "address",
    }
    # then neither tells who the member is
    expect.that(
        not told & personal,
        "no personal data in id_token and userinfo",
        f"told: {', '.join(sorted(told & personal)) or 'none of them'}",
        grant.exchange,
        userinfo.exchange if userinfo is not None else "",
    )


@check("scopes.narrower-consent-holds/new-grant", needs=("member", "browser", "two_apps"))
def test_narrower_consent_counts(observed: Observed) -> None:
    """What the member leaves out at a later consent is not granted for having been granted once."""
    # given a grant for conditions, and a later consent at which their box was cleared
    seen = observed.narrowed()
    not_applicable_unless(
        seen.left_out,
        "A member cannot leave out single data classes here.",
        seen.later.exchange,
    )
    # then the later grant does not open them
    opened = opens(seen.later.scopes, "Condition", "r") or opens(
        seen.later.scopes, "Condition", "s"
    )
    expect.that(
        not opened,
        "no scope for what was left out",
        f"granted: {' '.join(seen.later.scopes)}",
        seen.later.exchange,
    )


@check("scopes.refused-choice-holds/access-while-away", needs=("member", "browser", "two_apps"))
def test_no_refresh_token_where_it_was_left_out(observed: Observed) -> None:
    """No refresh token is given where the member left out access while they are away."""
    # given a request for access while away, and a consent at which its box was cleared
    seen = observed.narrowed()
    not_applicable_unless(
        says(seen.left_out, WHILE_AWAY),
        "A member cannot leave out access while they are away here.",
        seen.later.exchange,
    )
    inconclusive_unless(
        seen.wide.refresh_token, "no refresh token is given otherwise either", seen.wide.exchange
    )
    # then the app has no token to come back with
    told = "offline_access" in seen.later.scopes
    expect.that(
        not seen.later.refresh_token and not told,
        "no refresh token, and no scope offline_access",
        f"{'a' if seen.later.refresh_token else 'no'} refresh token, and "
        f"{'the' if told else 'no'} scope offline_access",
        seen.later.exchange,
    )


@check("scopes.narrower-consent-holds/access-token", needs=("member", "two_apps"))
def test_narrower_consent_cuts_the_access_token(member: Person, observed: Observed) -> None:
    """After a narrower consent the earlier access token no longer reads what was left out."""
    # given a grant that reads conditions, and a later consent in which the member left them out
    member.must_have("Condition", "Coverage")
    seen = _narrowed(observed)
    # when the earlier token reads what was left out, then nothing comes
    expect(seen.after).has_no_resource_of("Condition")


@check("scopes.narrower-consent-holds/refresh-token", needs=("member", "two_apps"))
def test_narrower_consent_cuts_the_refresh_token(member: Person, observed: Observed) -> None:
    """After a narrower consent the earlier refresh token gives nothing wider."""
    # given a grant that reads conditions, and a later consent in which the member left them out
    member.must_have("Condition", "Coverage")
    seen = _narrowed(observed)
    wide, answer = seen.wide, seen.refresh
    not_applicable_unless(answer, "No refresh token was given.", wide.exchange)
    assert answer is not None
    # when the earlier refresh token is used
    # then it gives nothing, or nothing wider than the later consent
    wider = answer.gave_token and opens(answer.scopes or wide.scopes, "Condition", "r")
    expect.that(
        not wider,
        "no token, or none wider than the later consent",
        f"{answer.status} {'with a wider token' if wider else 'without a wider token'} "
        f"({{x:{answer.exchange}}})",
        wide.exchange,
        answer.exchange,
    )


@check("scopes.demographics-refusable/noted", needs=("member", "browser", "two_apps"))
def test_whether_demographics_can_be_refused(lease: Lease, member: Person) -> None:
    """Whether a member may share claims without demographics is noted."""
    grant = lease.reading(member, leave_out=("Patient",))
    closed = not opens(grant.scopes, "Patient", "r")
    expect.that(
        closed,
        "personal data can be left out",
        "they can" if closed else "they cannot; clients get them with every grant",
        grant.exchange,
    )


def _narrowed(observed: Observed) -> Narrowed:
    """A grant that read conditions, after a later consent of the same app left them out."""
    seen = observed.narrowed()
    inconclusive_unless(
        seen.before.matches, "the first grant reads no conditions", seen.before.exchange
    )
    not_applicable_unless(
        not opens(seen.later.scopes, "Condition", "r"),
        "A member cannot leave out single data classes here.",
        seen.later.exchange,
    )
    return seen
