"""A member's token opens that member's record and nothing else, by whatever path."""

from __future__ import annotations

import pytest
from fhir_payer import FACE_NAMES, Answer, Payer

from payerproof.sandbox.data.world import SHARED_TYPES
from payerproof.sandbox.fhir.parameters import PARAMETERS

MEMBERS = ("ada", "bruno", "britta", "bea", "bo", "dee", "eli", "fay", "gus", "iva", "ivy")
HOUSEHOLDS = ({"bruno", "britta", "ben", "bea", "bo"},)


@pytest.fixture(params=FACE_NAMES)
def payer(request: pytest.FixtureRequest) -> Payer:
    return Payer(request.param)


def markers(payer: Payer, user: str) -> set[str]:
    """What occurs in the record of one member and of nobody else."""
    person = payer.world.people[user]
    patient = payer.world.resource("Patient", person.patient)
    found = {f'"{person.patient}"', f'Patient/{person.patient}"', person.member_number}
    found |= {person.phone, person.email} - {""}
    found |= {
        claim["identifier"][0]["value"]
        for claim in payer.world.record(person.patient, "ExplanationOfBenefit")
    }
    found |= {
        f'"{one["id"]}"'
        for kind in payer.world.record_types(person.patient)
        for one in payer.world.record(person.patient, kind)
    }
    if not person.household:
        found.add(patient["address"][0]["line"][0])
    return found


def everything(payer: Payer, token: str) -> list[Answer]:
    """Every page of every search, with all includes."""
    answers = []
    for kind in PARAMETERS:
        query = "_include=*&_revinclude=Provenance:target"
        if kind in ("Practitioner", "Organization"):
            query += "&_revinclude:iterate=ExplanationOfBenefit:care-team"
            query += "&_revinclude:iterate=ExplanationOfBenefit:provider"
            query += "&_revinclude:iterate=Coverage:payor"
        answers += payer.walk(f"/{kind}?_count=50&{query}", token=token)
    return answers


@pytest.mark.parametrize("user", MEMBERS)
def test_no_answer_to_a_member_holds_a_marker_of_another(payer: Payer, user: str) -> None:
    text = b"".join(answer.content for answer in everything(payer, user)).decode()
    # the control: the member's own markers are there
    own = payer.world.people[user]
    assert own.patient in text
    assert own.member_number in text
    for other in payer.world.people.values():
        if not other.patient or other.user == user:
            continue
        leaked = {marker for marker in markers(payer, other.user) if marker in text}
        assert not leaked, f"{user} was shown {len(leaked)} markers of {other.user}"


def foreign_rows(answer: Answer, payer: Payer, user: str) -> list[str]:
    return [
        f"{one['resourceType']}/{one['id']}"
        for one in answer.resources
        if one["resourceType"] not in SHARED_TYPES
        and payer.world.patient_of(one) != payer.patient(user)
    ]


def opens_nothing_foreign(answer: Answer, payer: Payer, user: str = "ada") -> bool:
    if answer.status != 200:
        return answer.status in (400, 403, 404, 405, 410) and (
            answer.json["resourceType"] == "OperationOutcome"
        )
    body = answer.json
    if body["resourceType"] == "Bundle":
        return not foreign_rows(answer, payer, user)
    return payer.world.patient_of(body) == payer.patient(user)


@pytest.mark.parametrize(
    "query",
    [
        "ExplanationOfBenefit?patient={C}",
        "ExplanationOfBenefit?patient=Patient/{C}",
        "ExplanationOfBenefit?patient:Patient={C}",
        "ExplanationOfBenefit?patient=https://payer.example/plain/fhir/Patient/{C}",
        "Coverage?beneficiary={C}",
        "Coverage?subscriber={C}",
        "Coverage?patient={C}",
        "Condition?subject={C}",
        "Observation?patient={C}&category=laboratory",
        "Patient?_id={C}",
        "Patient?_id={A},{C}",
        "Patient?_id={C},{A}",
        "Patient?_id={C}&_id={A}",
        "ExplanationOfBenefit?patient={A},{C}",
        "ExplanationOfBenefit?patient={C},{A}",
        "Coverage?beneficiary=Patient/{A},Patient/{C}",
        "ExplanationOfBenefit?patient={A}&patient={C}",
        "ExplanationOfBenefit?patient={C}&patient={A}",
        "Patient?identifier={Cmember}",
        "Patient?identifier=https://payer.sandbox.example/member-number%7C{Cmember}",
        "ExplanationOfBenefit?identifier={Cclaim}",
        "ExplanationOfBenefit?patient:identifier={Cmember}",
        "ExplanationOfBenefit?_id={Ceob}",
        "Patient?name={Cname}",
        "Patient?birthdate={Cbirth}",
        "Provenance?target=Patient/{C}",
        "Provenance?target=Patient/{A}",
    ],
)
def test_search_never_finds_another_member(payer: Payer, query: str) -> None:
    stranger = payer.world.people["eli"]
    claim = payer.world.record(stranger.patient, "ExplanationOfBenefit")[0]
    target = "/" + query.format(
        A=payer.patient("ada"),
        C=stranger.patient,
        Cmember=stranger.member_number,
        Cclaim=claim["identifier"][0]["value"],
        Ceob=claim["id"],
        Cname=stranger.family,
        Cbirth=stranger.birth_date.isoformat(),
    )
    answer = payer.ask(target)
    assert opens_nothing_foreign(answer, payer)
    # the control: the same search by the member concerned does find it
    assert payer.ask(
        target.replace(payer.patient("ada"), stranger.patient), token="eli"
    ).status in (
        200,
        400,
    )


def test_post_search_counts_body_and_url_alike(payer: Payer) -> None:
    ada, eli = payer.patient("ada"), payer.patient("eli")
    for url, body in ((ada, eli), (eli, ada)):
        answer = payer.post(f"/ExplanationOfBenefit/_search?patient={url}", {"patient": body})
        assert opens_nothing_foreign(answer, payer)
        assert answer.status == 403 or not answer.resources
    assert payer.post("/ExplanationOfBenefit/_search", {"patient": ada}).resources


def test_search_without_patient_gives_the_own_record(payer: Payer) -> None:
    for kind in PARAMETERS:
        found = [one for page in payer.walk(f"/{kind}") for one in page.resources]
        if kind not in SHARED_TYPES:
            own = payer.world.record(payer.patient("ada"), kind)
            assert {one["id"] for one in found} == {one["id"] for one in own}


def test_every_resource_of_a_stranger_reads_like_an_unknown_one(payer: Payer) -> None:
    unknown = payer.ask("/Patient/no-such-id-at-all")
    assert unknown.status == payer.face.foreign_read
    for kind in payer.world.record_types(payer.patient("eli")):
        for one in payer.world.record(payer.patient("eli"), kind):
            for path in (f"/{kind}/{one['id']}", f"/{kind}/{one['id']}/_history/1"):
                if kind == "Binary" and "_history" in path:
                    continue
                answer = payer.ask(path)
                assert (answer.status, answer.content) == (unknown.status, unknown.content), path


def test_ids_are_compared_whole(payer: Payer) -> None:
    # iva's Patient id begins with ada's
    ada, iva = payer.patient("ada"), payer.patient("iva")
    assert iva.startswith(ada)
    assert iva != ada
    for path in (f"/Patient/{iva}", f"/Patient/{iva}/Coverage"):
        assert payer.ask(path).status == payer.face.foreign_read
    assert payer.ask(f"/Patient/{ada}", token="iva").status == payer.face.foreign_read
    assert opens_nothing_foreign(payer.ask(f"/Coverage?patient={iva}"), payer)
    assert opens_nothing_foreign(payer.ask(f"/Coverage?patient={ada}"), payer)


def test_people_with_one_name_and_birth_date_stay_apart(payer: Payer) -> None:
    rows = payer.ask("/Patient?name=Synthetic-Doppel", token="iva").ids
    assert rows == [payer.patient("iva")]
    rows = payer.ask("/Patient?name=Synthetic-Doppel", token="ivy").ids
    assert rows == [payer.patient("ivy")]


def test_household_members_do_not_see_each_other(payer: Payer) -> None:
    for one in ("bruno", "britta"):
        for other in ("bruno", "britta", "bea"):
            if one != other:
                path = f"/Patient/{payer.patient(other)}"
                assert payer.ask(path, token=one).status == payer.face.foreign_read
    included = payer.ask("/Coverage?_include=Coverage:subscriber", token="britta").included()
    assert included == []


def test_a_representative_sees_the_chosen_member_only(payer: Payer) -> None:
    payer.grant("dee", member="fay", token="dee-for-fay")
    fay, gus = payer.patient("fay"), payer.patient("gus")
    assert payer.ask(f"/Patient/{fay}", token="dee-for-fay").status == 200
    for other in (gus, payer.patient("dee")):
        answer = payer.ask(f"/Patient/{other}", token="dee-for-fay")
        assert answer.status == payer.face.foreign_read


def test_a_token_without_member_opens_nothing(payer: Payer) -> None:
    payer.tokens["hal"] = type(payer.tokens["ada"])("g", "app", "hal", "", ("patient/*.rs",), "")
    assert payer.ask(f"/Patient/{payer.patient('ada')}", token="hal").status == (
        payer.face.foreign_read
    )
    for kind in PARAMETERS:
        answer = payer.ask(f"/{kind}", token="hal")
        assert answer.status == 200
        assert not answer.resources


@pytest.mark.parametrize("path", ["/Patient/{C}/ExplanationOfBenefit", "/Patient/{C}/Coverage"])
def test_compartment_of_another_member_is_closed(payer: Payer, path: str) -> None:
    answer = payer.ask(path.format(C=payer.patient("eli")))
    assert answer.status == payer.face.foreign_read
    own = payer.ask(path.format(C=payer.patient("ada")))
    assert own.status == 200
    assert own.resources


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/_history"),
        ("GET", "/Patient/_history"),
        ("GET", "/ExplanationOfBenefit/_history?_since=2020-01-01"),
        ("GET", "/Patient/{X}/_history"),
        ("GET", "/Patient/{X}/$everything"),
        ("GET", "/Patient/$everything"),
        ("POST", "/Patient/{X}/$everything"),
        ("GET", "/$graphql?query={{Patient{{id}}}}"),
        ("POST", "/$graphql"),
        ("GET", "/Patient/{X}/$graphql"),
        ("GET", "/$export"),
        ("GET", "/Patient/$export"),
        ("GET", "/Group/any/$export"),
        ("POST", "/"),
        ("POST", "/Patient/$match"),
    ],
)
def test_side_doors_are_refused_alike_for_own_and_foreign(
    payer: Payer, method: str, path: str
) -> None:
    answers = [
        payer.ask(path.format(X=payer.patient(user)), method=method, body=b'{"a":1}')
        for user in ("ada", "eli")
    ]
    assert answers[0].status == answers[1].status == 403
    assert answers[0].content == answers[1].content
    assert answers[0].json["resourceType"] == "OperationOutcome"


@pytest.mark.parametrize(
    "query",
    [
        "Patient?_has:Condition:patient:code=44054006",
        "Coverage?beneficiary.birthdate=ge1900-01-01",
        "ExplanationOfBenefit?patient.name=Eli",
        "ExplanationOfBenefit?patient:Patient.identifier=MB-7215-6604-13",
        "Patient?_filter=name%20eq%20Eli",
        "Patient?_query=all",
        "Patient?_content=Eli",
        "Patient?_text=Eli",
        "Patient?_list=members",
    ],
)
def test_oracles_are_refused_whatever_the_handling(payer: Payer, query: str) -> None:
    for preference in ("handling=strict", "handling=lenient", ""):
        answer = payer.ask(f"/{query}", headers={"Prefer": preference})
        assert answer.status == 400
        assert answer.json["issue"][0]["code"] == "not-supported"


@pytest.mark.parametrize("option", ["_summary=count", "_total=accurate", "_count=0", ""])
def test_counts_do_not_tell_a_member_from_an_unknown_id(payer: Payer, option: str) -> None:
    def asked(patient: str) -> tuple[int, object]:
        answer = payer.ask(f"/ExplanationOfBenefit?patient={patient}&{option}")
        return answer.status, answer.json.get("total")

    assert asked(payer.patient("eli")) == asked("no-such-member")


@pytest.mark.parametrize("kind", ["List", "Group", "Account", "AuditEvent", "Task", "Person"])
def test_administrative_types_are_not_served(payer: Payer, kind: str) -> None:
    assert payer.ask(f"/{kind}").status == 404
    assert payer.ask(f"/{kind}/any").status == 404


def test_a_document_opens_with_its_record_only(payer: Payer) -> None:
    document = payer.ask("/DocumentReference").resources[0]
    url = document["content"][0]["attachment"]["url"]
    assert url.startswith(payer.fhir_base + "/Binary/")
    own = payer.ask(url, headers={"Accept": "text/plain"})
    assert own.status == 200
    assert b"MB-4471-9038-26" in own.content
    assert payer.ask(url, token="eli").status == payer.face.foreign_read
    assert payer.ask(url, token="").status == 401
    as_resource = payer.ask(url, headers={"Accept": "application/fhir+json"})
    assert as_resource.json["resourceType"] == "Binary"


def test_records_of_substance_use_need_consent(payer: Payer) -> None:
    wide = b"".join(one.content for one in everything(payer, "fay")).decode()
    hidden = [
        one
        for kind in payer.world.record_types(payer.patient("fay"))
        for one in payer.world.record(payer.patient("fay"), kind)
        if "security" in one["meta"]
    ]
    assert {one["resourceType"] for one in hidden} >= {
        "ExplanationOfBenefit",
        "Condition",
        "Encounter",
        "MedicationRequest",
        "MedicationDispense",
        "Provenance",
    }
    for one in hidden:
        assert one["id"] not in wide
        answer = payer.ask(f"/{one['resourceType']}/{one['id']}", token="fay")
        assert answer.status == payer.face.foreign_read
    for trace in ("Harbour Recovery", "Haddad", "F11.20", "75544000", "uprenorphine", "26F4Y00003"):
        assert trace not in wide
    payer.grant("fay", token="fay-with-consent", sensitive=True)
    shown = b"".join(one.content for one in everything(payer, "fay-with-consent")).decode()
    for trace in ("Harbour Recovery", "F11.20", "26F4Y00003"):
        assert trace in shown


def test_totals_and_pages_leave_withheld_rows_out(payer: Payer) -> None:
    for one in ("_summary=count", "_total=accurate"):
        assert payer.ask(f"/ExplanationOfBenefit?{one}", token="fay").json["total"] == 4
    pages = payer.walk("/ExplanationOfBenefit?_count=1", token="fay")
    assert [len(page.matches()) for page in pages] == [1, 1, 1, 1]


def test_a_confidential_service_is_the_adolescents_own(payer: Payer) -> None:
    payer.grant("bruno", member="bea", token="bruno-for-bea")
    own = {
        one["identifier"][0]["value"]
        for one in payer.ask("/ExplanationOfBenefit", token="bea").resources
    }
    parent = payer.ask("/ExplanationOfBenefit", token="bruno-for-bea").resources
    assert own == {"26B4A00001", "26B4A00002"}
    assert [one["identifier"][0]["value"] for one in parent] == ["26B4A00001"]
    text = b"".join(one.content for one in everything(payer, "bruno-for-bea")).decode()
    assert "Open Door Youth" not in text
