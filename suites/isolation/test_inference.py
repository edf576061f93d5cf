"""Inference: answers let nobody work out facts about another member."""

from __future__ import annotations

from payerproof.expect.paging import claims_in_pages
from payerproof.suite import Api, Person, check, expect, inconclusive_unless

CLAIMS = "ExplanationOfBenefit"


@check("isolation.facts-not-inferred/counts", needs=("unrelated_pair",))
def test_counts_tell_nothing(api: Api, member: Person, stranger: Person) -> None:
    """Counting another member's claims gives the answer that counting nobody's gives."""
    # given another member with claims, and an id that nobody has
    stranger.must_have(CLAIMS)
    nobody = stranger.patient_id[::-1]
    inconclusive_unless(nobody != stranger.patient_id, "the id reads the same backwards")
    forms = ([("_summary", "count")], [("_total", "accurate"), ("_count", "0")])
    client = api.once(member)
    # when both are counted in each form
    pairs = [
        [
            client.search(CLAIMS, [("patient", ident), *form])
            for ident in (stranger.patient_id, nobody)
        ]
        for form in forms
    ]
    # then the answers cannot be told apart
    api.still_opens(member, *pairs[0], *pairs[1])
    expect(*pairs[0]).answers_alike()
    expect(*pairs[1]).answers_alike()


@check("isolation.facts-not-inferred/totals-match-entries", needs=("member",))
def test_total_counts_visible_rows_only(api: Api, member: Person) -> None:
    """Bundle.total counts the member's own visible rows only."""
    # given a member with claims, read in pages with what they include
    member.must_have(CLAIMS)
    claims = len(member.record.of(CLAIMS))
    pages = claims_in_pages(api.once(member), member.patient_id, claims).pages
    shown = sum(len(page.matches) for page in pages)
    inconclusive_unless(shown, f"{member}'s claims could not be read", pages[0].exchange)
    # when the totals told are compared with what was shown
    totals = {page.total for page in pages} - {None}
    # then there is none, or it is the number of rows
    expect.that(
        totals <= {shown},
        "no total, or one that equals the rows shown",
        f"{shown} rows were shown; totals told: {sorted(map(str, totals)) or 'none'}",
        *(page.exchange for page in pages),
    )


@check("isolation.facts-not-inferred/forward-chain", needs=("unrelated_pair",))
def test_chained_search_on_foreign_facts(api: Api, member: Person, stranger: Person) -> None:
    """A chained search on another member's facts gives the answer that untrue facts give."""
    # given true facts about the other member, and untrue ones of the same shape
    stranger.must_have("Patient", CLAIMS)
    patient = stranger.record.of("Patient")[0]
    family = str((patient.get("name") or [{}])[0].get("family") or "")
    born = str(patient.get("birthDate") or "")
    inconclusive_unless(family and born, f"{stranger}'s Patient has no family name or birth date")
    client = api.once(member)
    # when claims and coverage are searched by both
    by_name = [client.search(CLAIMS, [("patient.family", word)]) for word in (family, family[::-1])]
    by_birth = [
        client.search("Coverage", [("beneficiary.birthdate", day)]) for day in (born, "1891-01-01")
    ]
    # then nothing is told, and true and untrue facts are answered alike
    api.still_opens(member, *by_name, *by_birth)
    expect(*by_name, *by_birth).discloses_nothing_about(stranger)
    expect(*by_name).answers_alike()
    expect(*by_birth).answers_alike()


@check("isolation.facts-not-inferred/reverse-chain", needs=("unrelated_pair",))
def test_reverse_chain_on_foreign_facts(api: Api, member: Person, stranger: Person) -> None:
    """_has on facts of another member gives the answer that untrue facts give."""
    # given a code that only the other member's conditions have, and one that nobody has
    stranger.must_have("Condition")
    code = _own_code(stranger, member)
    inconclusive_unless(code, f"{stranger} has no condition that {member} lacks")
    parameter = "_has:Condition:patient:code"
    client = api.once(member)
    # when members are searched by both, and the member's own Patient likewise
    anybody = [client.search("Patient", [(parameter, c)]) for c in (code, "payerproof-no-code")]
    own = [
        client.search("Patient", [("_id", member.patient_id), (parameter, c)])
        for c in (code, "payerproof-no-code")
    ]
    # then nothing is told, and true and untrue facts are answered alike
    api.still_opens(member, *anybody, *own)
    expect(*anybody, *own).discloses_nothing_about(stranger)
    expect(*anybody).answers_alike()
    expect(*own).answers_alike()


@check("isolation.facts-not-inferred/free-filters", needs=("unrelated_pair",))
def test_free_filters(api: Api, member: Person, stranger: Person) -> None:
    """_filter, _query, _content, _text and _list with another member's facts give own rows only."""
    # given another member's facts
    stranger.must_have(CLAIMS)
    other = stranger.patient_id
    family = str((stranger.record.of("Patient")[0].get("name") or [{}])[0].get("family") or other)
    filters = (
        ("_filter", f"patient eq Patient/{other}"),
        ("_query", "all"),
        ("_content", family),
        ("_text", family),
        ("_list", "$current-claims"),
    )
    # when claims are searched by each free filter
    client = api.once(member)
    replies = [client.search(CLAIMS, [parameter, ("_count", "200")]) for parameter in filters]
    # then only the member's own rows come, if any
    api.still_opens(member, *replies)
    expect(*replies).concerns_only(member)
    expect(*replies).discloses_nothing_about(stranger)


@check("isolation.facts-not-inferred/text-search", needs=("unrelated_pair",))
def test_text_search_on_foreign_facts(api: Api, member: Person, stranger: Person) -> None:
    """A search of texts for another member's name gives the answer that a made-up name gives."""
    # given another member's family name, and the same backwards
    stranger.must_have("Patient", CLAIMS)
    family = str((stranger.record.of("Patient")[0].get("name") or [{}])[0].get("family") or "")
    inconclusive_unless(family and family != family[::-1], f"{stranger} has no fitting name")
    client = api.once(member)
    # when claims are searched for both
    pairs = [
        [
            client.search(CLAIMS, [(name, word), ("_count", "200")])
            for word in (family, family[::-1])
        ]
        for name in ("_content", "_text")
    ]
    # then the answers cannot be told apart
    api.still_opens(member, *pairs[0], *pairs[1])
    expect(*pairs[0]).answers_alike()
    expect(*pairs[1]).answers_alike()


def _own_code(person: Person, other: Person) -> str:
    """Code of a condition that one person has and the other has not; empty where none is."""

    def codes(one: Person) -> list[str]:
        return [
            str(coding["code"])
            for condition in one.record.of("Condition")
            for coding in (condition.get("code") or {}).get("coding") or []
            if coding.get("code")
        ]

    lacking = set(codes(other))
    return next((code for code in codes(person) if code not in lacking), "")
