"""Other ways to name the same thing: paths, compartments, $everything."""

from __future__ import annotations

from payerproof.suite import Api, Person, check, expect


@check("patient-access.cross-member-isolation/path-variants", needs=("unrelated_pair",))
def test_odd_forms_of_a_foreign_path(api: Api, member: Person, stranger: Person) -> None:
    """Encoded, dotted, doubled and cased forms of a foreign path disclose nothing."""
    # given another member's Patient
    stranger.must_have("Patient")
    own, other = member.patient_id, stranger.patient_id
    forms = (
        f"Patient%2F{other}",
        f"Patient/%2e%2e/Patient/{other}",
        f"Patient/{own}/../{other}",
        f"Patient//{other}",
        f"Patient/./{other}",
        f"Patient/{other}.",
        f"Patient/{other}%20",
        f"Patient/{other};v=1",
        f"patient/{other}",
        f"Patient/{other}/",
        f"Patient/{other}?patient={own}",
    )
    # when it is asked for in each odd form, byte for byte
    client = api.once(member)
    replies = [client.get(form) for form in forms]
    # then nothing in any answer is about the other member
    api.still_opens(member, *replies)
    expect(*replies).discloses_nothing_about(stranger)


@check("patient-access.cross-member-isolation/compartment", needs=("unrelated_pair",))
def test_compartment_of_another_member(api: Api, member: Person, stranger: Person) -> None:
    """Compartment paths of another member disclose nothing."""
    # given another member with a record
    stranger.must_have("ExplanationOfBenefit", "Coverage", "Condition")
    kinds = ("ExplanationOfBenefit", "Coverage", "Condition", "*")
    # when the first member's token walks the other's compartment
    replies = [api.once(member).get(f"Patient/{stranger.patient_id}/{kind}") for kind in kinds]
    # then nothing in any answer is about the other member
    api.still_opens(member, *replies)
    expect(*replies).discloses_nothing_about(stranger)


@check("patient-access.cross-member-isolation/everything", needs=("unrelated_pair",))
def test_everything_of_another_member(api: Api, member: Person, stranger: Person) -> None:
    """$everything of another member, or of all, by GET and POST, discloses nothing."""
    # given another member with a record
    stranger.must_have("ExplanationOfBenefit")
    client = api.once(member)
    parameters = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "patient", "valueReference": {"reference": f"Patient/{stranger.patient_id}"}}
        ],
    }
    # when the first member's token asks for everything
    replies = [
        client.get(f"Patient/{stranger.patient_id}/$everything"),
        client.send("POST", f"Patient/{stranger.patient_id}/$everything", json=parameters),
        client.get("Patient/$everything"),
        client.send("POST", "Patient/$everything", json=parameters),
    ]
    # then nothing in any answer is about the other member
    api.still_opens(member, *replies)
    expect(*replies).discloses_nothing_about(stranger)
