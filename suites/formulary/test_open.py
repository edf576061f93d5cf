"""Formulary: anybody may read the public one, and nobody is asked, or remembered, who looks.

US Drug Formulary, Access Methods; 42 CFR 422.119(b)(2) for MA-PD.
"""

from __future__ import annotations

from payerproof.expect.must_support import profiles_of
from payerproof.expect.open_apis import expect_no_gate, expect_no_trace, expect_published
from payerproof.expect.published import expect_declared, expect_seen_published
from payerproof.suite import OpenApi, Person, check, each, expect, inconclusive_unless

PUBLIC = ("InsurancePlan", "Basic", "MedicationKnowledge")
MEMBER_DATA = ("Patient", "Coverage", "ExplanationOfBenefit", "MedicationRequest")
CANONICAL = "http://hl7.org/fhir/us/davinci-drug-formulary/CapabilityStatement/usdf-server"


@check("formulary.open-when-public/search", needs=("formulary",))
def test_searching_without_a_token(formulary: OpenApi) -> None:
    """Plans, items and drugs come to a search without a token and without naming anybody."""
    expect_published(formulary, PUBLIC)


@check("formulary.statement/types-and-profiles", needs=("formulary",))
def test_statement_is_complete(formulary: OpenApi) -> None:
    """The statement declares FHIR 4.0.1, JSON, and each type with the guide's profiles."""
    expect_declared(formulary)


@check("formulary.must-support/each-profile", needs=("formulary",))
@each("profile", profiles_of("drug-formulary"))
def test_must_support_is_seen(formulary: OpenApi, profile: str) -> None:
    """Every must-support element of a profile is populated somewhere in the formulary."""
    # given what the formulary shows, when its must-support elements are looked for
    # then each was seen
    expect_seen_published(formulary, profile)


@check("formulary.open-when-public/no-gate", needs=("formulary",))
def test_no_gate_in_front_of_the_formulary(formulary: OpenApi) -> None:
    """No answer of the formulary, its statement among them, asks for a token, key or login."""
    expect_no_gate(formulary.answers)


@check("formulary.open-when-public/cookies", needs=("formulary",))
def test_formulary_sets_no_cookie(formulary: OpenApi) -> None:
    """No answer of the formulary leaves a cookie with whoever looks for a drug."""
    # given answers with data, then none of them sets a cookie
    formulary.must_answer()
    expect_no_trace(formulary.answers)


@check("formulary.authenticated-when-personal/no-member-data", needs=("formulary", "member"))
def test_formulary_holds_no_member_data(formulary: OpenApi, member: Person) -> None:
    """Nothing about a member, their plan among it, comes from the open formulary's address."""
    # given a formulary that answers, and a member with data to protect
    formulary.must_answer()
    member.must_have("Patient", "Coverage")
    # when the member's data are asked for at its address
    client = formulary.client
    replies = [
        client.read("Patient", member.patient_id),
        client.read("Coverage", member.record.ids("Coverage")[0]),
        client.search("Coverage", patient=member.patient_id),
        client.search("InsurancePlan", patient=member.patient_id, _count="1"),
        *(client.get(kind) for kind in MEMBER_DATA),
    ]
    # then nothing of them comes, nor is anything of them in what the formulary publishes
    expect(*replies, *formulary.answers).discloses_nothing_about(member)
    expect(*replies, *formulary.answers).has_no_resource_of(*MEMBER_DATA)


@check("formulary.instantiates/usdf-server", needs=("formulary",))
def test_statement_names_the_guides(formulary: OpenApi) -> None:
    """The CapabilityStatement names the guide's in instantiates."""
    # given the statement
    reply = formulary.statement
    inconclusive_unless(
        reply.resource_type == "CapabilityStatement", f"answered {reply.status}", reply.exchange
    )
    # then it names the guide's, with or without a version
    named = [str(one).partition("|")[0] for one in reply.body.get("instantiates") or []]
    expect.that(
        CANONICAL in named,
        "the usdf-server statement in instantiates",
        f"{len(named)} others" if named else "nothing",
        reply.exchange,
    )
