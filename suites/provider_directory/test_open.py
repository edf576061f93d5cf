"""Provider directory: anybody may read it, and nobody is asked who they are.

42 CFR 422.120(a) and its Medicaid and CHIP counterparts; Plan-Net, Implementation.
"""

from __future__ import annotations

from payerproof.expect.open_apis import expect_no_gate, expect_no_trace, expect_published
from payerproof.expect.published import expect_declared
from payerproof.suite import OpenApi, Person, check, expect, inconclusive_unless

PROVIDERS = ("Practitioner", "PractitionerRole", "Organization", "Location")
MEMBER_DATA = ("Patient", "Coverage", "ExplanationOfBenefit", "Group")


@check("provider-directory.public-api/search", needs=("directory",))
def test_searching_without_a_token(directory: OpenApi) -> None:
    """Practitioners, their roles, organizations and places come to a search without a token."""
    expect_published(directory, PROVIDERS)


@check("provider-directory.public-api/read", needs=("directory",))
def test_reading_without_a_token(directory: OpenApi) -> None:
    """What a search showed can be read by its id without a token."""
    # given a provider that a search showed
    shown = [row for kind in PROVIDERS for row in directory.known(kind)[:1]]
    inconclusive_unless(shown, "no provider was found", directory.statement.exchange)
    # when it is read
    reply = directory.client.read(str(shown[0]["resourceType"]), str(shown[0]["id"]))
    # then it comes
    expect(reply).has_status(200)


@check("provider-directory.public-api/statement", needs=("directory",))
def test_statement_without_a_token(directory: OpenApi) -> None:
    """The CapabilityStatement of the directory is open as well, and names Plan-Net."""
    # given a request without a token
    reply = directory.statement
    inconclusive_unless(reply.status < 500, f"answered {reply.status}", reply.exchange)
    # then the statement comes
    expect.that(
        reply.status == 200 and reply.resource_type == "CapabilityStatement",
        "200 with a CapabilityStatement",
        f"{reply.status} with a {reply.resource_type or 'body that is no resource'}",
        reply.exchange,
    )


@check("provider-directory.statement/types-and-profiles", needs=("directory",))
def test_statement_is_complete(directory: OpenApi) -> None:
    """The statement declares FHIR 4.0.1, JSON, and each type with the profiles of Plan-Net."""
    expect_declared(directory)


@check("provider-directory.no-authentication/no-gate", needs=("directory",))
def test_no_gate_in_front_of_the_directory(directory: OpenApi) -> None:
    """No answer of the directory asks for a token, a key, a login or a registration."""
    expect_no_gate(directory.answers)


@check("provider-directory.no-consumer-identifiers/cookies", needs=("directory",))
def test_directory_sets_no_cookie(directory: OpenApi) -> None:
    """No answer of the directory leaves a cookie with whoever looks for a doctor."""
    # given answers with data, then none of them sets a cookie
    directory.must_answer()
    expect_no_trace(directory.answers)


@check("provider-directory.no-member-data/read-and-search", needs=("directory", "member"))
def test_directory_holds_no_member_data(directory: OpenApi, member: Person) -> None:
    """Nothing about a member comes from the directory's address, by id or by search."""
    # given a directory that answers, and a member with data to protect
    directory.must_answer()
    member.must_have("Patient", "Coverage")
    # when the member's data are asked for at the directory's address
    client = directory.client
    replies = [
        client.read("Patient", member.patient_id),
        client.search("ExplanationOfBenefit", patient=member.patient_id),
        client.read("Coverage", member.record.ids("Coverage")[0]),
        *(client.get(kind) for kind in MEMBER_DATA),
    ]
    # then nothing of them comes, nor is anything of them in what the directory publishes
    expect(*replies, *directory.answers).discloses_nothing_about(member)
    expect(*replies, *directory.answers).has_no_resource_of(*MEMBER_DATA)
