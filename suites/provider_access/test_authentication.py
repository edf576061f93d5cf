"""Who a clinic is: tokens by its own key alone (SMART Backend Services), else nothing."""

from __future__ import annotations

from payerproof.plugin.practice.cutting import SEARCH
from payerproof.suite import (
    Choices,
    Clinic,
    Operator,
    Organisation,
    Practice,
    Target,
    check,
    each,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)

NEEDS = ("clinic",)
WRONG = (
    "expired",
    "too long",
    "for another server",
    "for another address here",
    "for the FHIR base",
    "by a foreign key",
    "by a key it brings along",
    "by a key of its own name",
    "by keys from its own address",
    "by another clinic's key",
    "without jti",
    "without exp",
    "unsigned",
    "by another issuer",
    "for another subject",
    "of an unknown client",
)
FORMS = (
    "no proof at all",
    "a guessed secret",
    "another assertion type",
    "grant of a password",
    "grant of a code",
)


@check("provider-access.provider-authenticated/right-key", needs=NEEDS)
def test_a_right_assertion_gives_a_token(practice: Practice) -> None:
    """A clinic that signs with its registered key is given a token."""
    # when the clinic asked as SMART Backend Services describes it
    seen = practice.asserted()
    # then a token came
    expect(seen.right).gives_token()


@check("provider-access.provider-authenticated/second-algorithm", needs=("clinic", "second_key"))
def test_the_second_key_gives_a_token(practice: Practice) -> None:
    """A clinic's registered key of the other algorithm gives a token too, and it opens the same."""
    # given keys of both algorithms, and both announced
    seen = practice.asserted()
    listed = practice.clinic.configuration.listed(
        "token_endpoint_auth_signing_alg_values_supported"
    )
    not_applicable_unless(
        {"ES384", "RS384"} <= set(listed) or not listed, "The payer announces one algorithm only."
    )
    # when the clinic signed with the other one, then a token came
    assert seen.second is not None
    expect(seen.second).gives_token()
    expect(seen.opened).has_status(200)


@check("provider-access.provider-authenticated/wrong-assertion", needs=NEEDS)
@each("assertion", WRONG)
def test_a_wrong_assertion_gives_nothing(practice: Practice, assertion: str) -> None:
    """An assertion that is old, meant for others, or signed by somebody else gives no token."""
    # given a clinic whose right assertions are taken
    seen = practice.asserted()
    inconclusive_unless(seen.right.gave_token, "nor does a right assertion work")
    not_applicable_unless(assertion in seen.wrong, "There is no second clinic to try it with.")
    # when it came with a wrong one, then no token came
    expect(seen.wrong[assertion]).is_refused("invalid_client", "invalid_request", "invalid_grant")


@check("provider-access.provider-authenticated/replayed-assertion", needs=NEEDS)
def test_an_assertion_is_good_once(practice: Practice) -> None:
    """The same assertion sent a second time gives no token."""
    # given an assertion that was good once
    seen = practice.asserted()
    inconclusive_unless(seen.once.gave_token, "the assertion did not work once", seen.once.exchange)
    # when it was sent again, then it was worth nothing
    expect(seen.twice).is_refused("invalid_client", "invalid_grant", "invalid_request")


@check("provider-access.provider-authenticated/other-ways", needs=NEEDS)
@each("form", FORMS)
def test_other_ways_give_nothing(practice: Practice, form: str) -> None:
    """Without a signature, or with another grant, no token comes."""
    # given a clinic whose right assertions are taken
    seen = practice.asserted()
    inconclusive_unless(seen.right.gave_token, "nor does a right assertion work")
    # when it asked in another way, then no token came
    expect(seen.forms[form]).is_refused()


@check("provider-access.provider-authenticated/no-token", needs=NEEDS)
def test_nothing_without_a_token(clinic: Organisation[Clinic]) -> None:
    """Without a token, or with a made-up one, the API gives nothing (PDex: 401)."""
    # given a clinic that is given something with its token
    own = clinic.client.search("Patient", [("_count", "1")])
    inconclusive_unless(own.ok, "the clinic itself is given nothing", own.exchange)
    # when the same is asked without a token, and with one that nobody issued
    made_up = clinic.with_token("payerproof-no-such-token")
    replies = [
        asking.search(kind, [("_count", "1")])
        for asking in (clinic.anonymous, made_up)
        for kind in ("Patient", "Group")
    ]
    # then nothing comes
    expect(*replies).is_refused()
    expect(*replies).has_status(401)


@check("provider-access.token-short-lived/five-minutes", needs=NEEDS)
def test_lifetime_of_a_token(practice: Practice, target: Target) -> None:
    """A token given without a member says how long it lives, and that is minutes."""
    # given a clinic's token
    answer = practice.asserted().right
    inconclusive_unless(answer.gave_token, "no token was given", answer.exchange)
    # then expires_in is there, and short
    lifetime = answer.document.get("expires_in")
    limit = target.policy.backend_token_lifetime_seconds
    expect.that(
        isinstance(lifetime, int | float) and 0 < lifetime <= limit,
        f"expires_in of at most {limit:g} seconds",
        f"expires_in {lifetime}",
        answer.exchange,
    )


@check("provider-access.token-short-lived/no-refresh-token", needs=NEEDS)
def test_no_refresh_token(practice: Practice) -> None:
    """A clinic signs anew for every token; it is given no refresh token."""
    # given a clinic's token
    answer = practice.asserted().right
    inconclusive_unless(answer.gave_token, "no token was given", answer.exchange)
    # then none to refresh it came with it
    expect.that(
        not answer.refresh_token,
        "no refresh token",
        "a refresh token" if answer.refresh_token else "none",
        answer.exchange,
    )


@check("provider-access.scopes-as-registered/only-system", needs=NEEDS)
@each("asked", ("of members", "of users", "to write", "everything"))
def test_only_registered_scopes(practice: Practice, asked: str) -> None:
    """Scopes of members and users, and scopes to write, are not given to a clinic."""
    # given a clinic that is registered to read
    seen = practice.asserted()
    inconclusive_unless(seen.right.gave_token, "no token was given at all", seen.right.exchange)
    not_applicable_unless(
        not {"c", "u", "d"} & _letters(practice.clinic.partner.scopes),
        "The clinic is registered to write.",
    )
    # when it asked for more, then nothing more was given
    answer = seen.scopes[asked]
    more = [one for one in answer.scopes if not _reads_as_system(one)]
    expect.that(
        not (answer.gave_token and more),
        "no token, or one for reading as a system",
        f"a token for {' '.join(answer.scopes)}" if answer.gave_token else f"{answer.status}",
        answer.exchange,
    )


@check("provider-access.scopes-as-registered/narrow-request", needs=NEEDS)
def test_a_narrow_request_is_kept(practice: Practice) -> None:
    """A token asked for one type is given for that type."""
    # given a token for Patient alone
    answer = practice.asserted().scopes["one type"]
    inconclusive_unless(answer.gave_token, "no token was given for one type", answer.exchange)
    # then no other type is in it
    expect.that(
        set(answer.scopes) <= {"system/Patient.rs", "system/Patient.read"},
        "system/Patient.rs",
        " ".join(answer.scopes) or "no scope in the answer",
        answer.exchange,
    )


@check("provider-access.scopes-as-registered/enforced", needs=("clinic", "two_clinics"))
def test_a_narrow_token_opens_no_more(practice: Practice) -> None:
    """A token for one type opens no other, in searches and exports alike."""
    # given a token for Patient, and a search for Coverage that an ordinary token answers
    seen = practice.crossed()
    inconclusive_unless(
        seen.narrow is not None and seen.wide_read is not None and seen.wide_read.matches,
        "no narrow token was given, or an ordinary one finds no Coverage",
    )
    assert seen.narrow is not None
    assert seen.narrow_read is not None
    # then neither the search nor the export gives any
    expect(seen.narrow_read).has_no_resource_of("Coverage")
    rows = sum(1 for _ in seen.narrow.of("Coverage"))
    expect.that(
        rows == 0,
        "no Coverage in the export",
        f"{rows} lines of Coverage",
        *seen.narrow.exchanges[:3],
    )


@check("provider-access.token-ends/after-its-time", needs=("clinic", "control:clock"), prod="no")
def test_an_expired_token_opens_nothing(clinic: Organisation[Clinic], operator: Operator) -> None:
    """A clinic's token that has expired opens nothing."""
    # given a token of a clinic's, which says how long it lives
    answer = clinic.backend.ask()
    client = clinic.with_token(answer.access_token)
    own = client.search("Patient", [("_count", "1")])
    lifetime = answer.document.get("expires_in")
    inconclusive_unless(own.ok and isinstance(lifetime, int), "it opened nothing", own.exchange)
    # when that time is over, then it opens nothing
    with operator.later(float(lifetime or 0) + 60):
        replies = [client.search("Patient", [("_count", "1")]), client.search("Group")]
    expect(*replies).is_refused()


@check(
    "provider-access.token-ends/clinic-cut-off",
    needs=("clinic", "state_changes", "control:deactivate-app", "control:activate-app"),
    prod="no",
)
def test_a_clinic_that_is_cut_off(choices: Choices) -> None:
    """A clinic whose registration is taken back gets no token, and its old one opens nothing."""
    # given a clinic whose token worked, until it was cut off for a moment
    seen = choices.cut_off()
    opened = seen.then(SEARCH)
    # then it was given no further token, and the one it had opened nothing
    expect(seen.asked).is_refused()
    expect(opened).is_refused()


def _letters(scopes: str) -> set[str]:
    return {letter for one in scopes.split() for letter in one.rpartition(".")[2].partition("?")[0]}


def _reads_as_system(scope: str) -> bool:
    access = scope.rpartition(".")[2].partition("?")[0]
    return scope.startswith("system/") and (access == "read" or set(access) <= {"r", "s"})
