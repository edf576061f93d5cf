"""Token response: what an app is told when a member has approved it."""

from __future__ import annotations

from payerproof.smart.scopes import resource_scopes
from payerproof.suite import (
    Api,
    Authorization,
    Grant,
    Lease,
    Observed,
    Operator,
    Person,
    SmartConfiguration,
    Target,
    check,
    expect,
    inconclusive_unless,
    not_applicable_unless,
    remark,
)


@check("smart.token-no-store/code-exchange", needs=("member",))
def test_code_exchange_is_not_stored(api: Api, member: Person) -> None:
    """The code exchange answers with Cache-Control: no-store and Pragma: no-cache."""
    # given the answer with which the member's first connection was made
    grant = _answered(api, member)
    # when its headers are read
    cache, pragma = (grant.headers.get(name, "") for name in ("cache-control", "pragma"))
    # then nobody on the way may keep it
    expect.that(
        "no-store" in cache.lower() and "no-cache" in pragma.lower(),
        "Cache-Control: no-store and Pragma: no-cache",
        f"Cache-Control: {cache or 'absent'}, Pragma: {pragma or 'absent'}",
        grant.exchange,
    )


@check("smart.token-no-store/refresh", needs=("member",))
def test_refresh_is_not_stored(observed: Observed) -> None:
    """The refresh answers with the same two headers."""
    # given a grant with a refresh token, which was used
    answer = observed.refreshed().must_have_refreshed()
    # then nobody on the way may keep the answer
    expect(answer).has_header("Cache-Control", "no-store")
    expect(answer).has_header("Pragma", "no-cache")


@check("smart.token-response/required-members", needs=("member",))
def test_required_members(api: Api, member: Person) -> None:
    """The token response is a JSON object with access_token, token_type Bearer and scope."""
    # given the answer with which the member's first connection was made
    grant = _answered(api, member)
    # when its members are read
    document = grant.document
    wrong = [
        name
        for name, right in (
            ("access_token", bool(document.get("access_token"))),
            ("token_type", str(document.get("token_type")).lower() == "bearer"),
            ("scope", isinstance(document.get("scope"), str) and bool(document["scope"])),
            ("the content type", "json" in grant.headers.get("content-type", "").lower()),
        )
        if not right
    ]
    # then what SMART requires is there
    expect.that(
        not wrong,
        "JSON with access_token, token_type Bearer and scope",
        f"missing or wrong: {', '.join(wrong)}" if wrong else "all are there",
        grant.exchange,
    )


@check("smart.token-response/refresh", needs=("member",))
def test_required_members_at_refresh(observed: Observed) -> None:
    """The answer to a refresh has the same members, scope among them."""
    # given a grant with a refresh token, which was used
    answer = observed.refreshed().must_have_refreshed()
    # when the members of the answer are read
    document = answer.document
    wrong = [
        name
        for name, right in (
            ("token_type", str(document.get("token_type")).lower() == "bearer"),
            ("scope", isinstance(document.get("scope"), str) and bool(document["scope"])),
            ("the content type", "json" in answer.answer.content_type),
        )
        if not right
    ]
    # then what SMART requires is there
    expect.that(
        not wrong,
        "JSON with access_token, token_type Bearer and scope",
        f"missing or wrong: {', '.join(wrong)}" if wrong else "all are there",
        answer.exchange,
    )


@check("oauth.expires-in/whole-seconds", needs=("member",))
def test_lifetime_in_whole_seconds(api: Api, member: Person) -> None:
    """expires_in is a whole JSON number of seconds."""
    # given the answer with which the member's first connection was made
    grant = _answered(api, member)
    # when the lifetime is read
    stated = grant.document.get("expires_in")
    # then it is a number that every client reads alike
    whole = isinstance(stated, int) and not isinstance(stated, bool) and stated > 0
    expect.that(
        whole,
        "expires_in as a whole number of seconds",
        f"{stated} seconds" if whole else f"expires_in of the type {type(stated).__name__}",
        grant.exchange,
    )


@check("oauth.token-lifetime-short/at-most-an-hour", needs=("member",))
def test_short_lifetime(api: Api, target: Target, member: Person) -> None:
    """expires_in is at most the payer file's access token lifetime."""
    # given the answer with which the member's first connection was made
    grant = _answered(api, member)
    inconclusive_unless(grant.expires_in, "the payer states no lifetime", grant.exchange)
    # when the lifetime is compared with what the payer file allows
    limit = target.policy.access_token_lifetime_seconds
    # then it is not longer
    expect.that(
        (grant.expires_in or 0) <= limit,
        f"a lifetime of at most {limit:g} seconds",
        f"{grant.expires_in or 0:g} seconds",
        grant.exchange,
    )


@check("smart.token-lifetime/refused-after-expiry", needs=("member", "control:clock"), prod="no")
def test_token_ends_when_it_says(
    api: Api, lease: Lease, operator: Operator, member: Person
) -> None:
    """The token works before and is refused after its stated end."""
    # given a token that opens the record and says when it ends
    grant = lease(member)
    inconclusive_unless(grant.expires_in, "the payer states no lifetime", grant.exchange)
    before = api.as_(grant).read("Patient", member.patient_id)
    inconclusive_unless(before.ok, "the token did not work before its end", before.exchange)
    # when nearly all of that has passed, then it opens the record still
    with operator.later(max(0, (grant.expires_in or 0) - 60)):
        nearly = api.as_(grant).read("Patient", member.patient_id)
    expect(nearly).has_status(200)
    # when a minute more than that has passed
    with operator.later((grant.expires_in or 0) + 60):
        after = api.as_(grant).read("Patient", member.patient_id)
    # then it opens nothing any more
    expect(after).has_status(401)
    expect(after).is_refused()


@check("oauth.token-outlives-reading/record-on-one-token", needs=("member",))
def test_token_outlives_one_reading(api: Api, member: Person) -> None:
    """The access token lives long enough to collect the record once."""
    # given the record, read with one token
    member.must_have("Patient")
    grant = api.grant_of(member)
    # when what could not be read is looked at
    broken_off = [kind for kind, why in member.record.troubles.items() if "401" in why]
    remark(f"The token states {grant.expires_in or 0:g} seconds.")
    # then nothing broke off because the token had ended
    expect.that(
        not broken_off,
        "the whole record on one token",
        f"broken off at {', '.join(broken_off)}" if broken_off else "all types were read",
        *(x for kind in broken_off for x in member.record.exchanges.get(kind, ())),
    )


@check("oauth.token-endpoint-direct/no-redirect", needs=("member",))
def test_token_endpoint_answers_itself(api: Api, smart: SmartConfiguration, member: Person) -> None:
    """POST to the published token URL is answered there, not redirected."""
    # given the token URL as published
    published = smart.endpoint("token_endpoint")
    # when it is sent a request that is refused in any case; redirects are not followed
    answer = api.send("POST", published, form=[("grant_type", "payerproof")])
    # then it answers itself
    expect.that(
        not 300 <= answer.status < 400,
        "an answer at the published address",
        f"status {answer.status}",
        answer.exchange,
    )
    # and it is the address at which the member's app got its token
    inconclusive_unless(_answered(api, member).access_token, "no app gets a token here")


@check("oauth.standard-flow-suffices/two-requests", needs=("member",))
def test_standard_flow(api: Api, authorization: Authorization, member: Person) -> None:
    """One authorization and one exchange give a token that reads data."""
    # given the member's first connection, made by nothing but the standard code flow
    outcome = authorization.first_connection(member)
    grant = _answered(api, member)
    # when the token is used
    read = member.record.types
    # then it opens the record
    expect(outcome).gives_code()
    expect.that(
        grant.access_token and read,
        "data after one authorization and one exchange",
        f"{len(read)} types of resources",
        grant.exchange,
        *member.record.exchanges.get("Patient", ()),
    )


@check("smart.patient-context/in-first-response", needs=("member",))
def test_patient_in_first_response(api: Api, member: Person) -> None:
    """The first token response with a patient scope holds patient in its body."""
    # given the answer with which the member's first connection was made
    grant = _answered(api, member)
    patient_scopes = [s for s in resource_scopes(grant.scopes) if s.context == "patient"]
    not_applicable_unless(
        patient_scopes or "launch/patient" in grant.scopes,
        "no patient scope was granted",
        grant.exchange,
    )
    # when its body is read
    patient = grant.document.get("patient")
    # then it names the patient, without a refresh and without looking into tokens
    expect.that(
        isinstance(patient, str) and patient,
        "the member patient in the body of the first token response",
        "it is there" if patient else "no such member",
        grant.exchange,
    )


@check("smart.patient-context/bare-id", needs=("member",))
def test_patient_is_a_bare_id(api: Api, member: Person) -> None:
    """The member patient is a bare logical id, neither Patient/… nor a URL."""
    # given a token response that names a patient
    grant = _answered(api, member)
    patient = grant.document.get("patient")
    inconclusive_unless(patient, "the token response names no patient", grant.exchange)
    # when the value is looked at
    bare = isinstance(patient, str) and not set(patient) & set("/:?#| ")
    # then it can be put after Patient/ as it is
    expect.that(
        bare,
        "a bare logical id",
        "a bare id" if bare else "an id with a prefix, or a URL",
        grant.exchange,
    )


def _answered(api: Api, member: Person) -> Grant:
    """The member's shared grant; a token that was imported came with no answer to judge."""
    grant = api.grant_of(member)
    inconclusive_unless(
        grant.document, f"{member}'s token was imported, so there was no token response"
    )
    return grant
