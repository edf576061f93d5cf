"""Field quirks of data: providers without a name, extensions that nobody else knows."""

from __future__ import annotations

from collections import Counter

from payerproof.expect.claims import CLAIMS
from payerproof.expect.linked import keys_of
from payerproof.expect.ways import nameless_providers, own_extensions
from payerproof.expect.words import wordless
from payerproof.fhir.rows import together
from payerproof.suite import Api, Person, check, expect, inconclusive_unless, remark


@check("quirks.provider-names/obtainable", needs=("member",))
def test_providers_have_names(api: Api, member: Person) -> None:
    """The name of each provider on a claim is displayed, contained or can be read."""
    claims = member.record.of(CLAIMS)
    inconclusive_unless(claims, f"{member} sees no claims")
    readable = keys_of(together(member.record.everything, member.around.everything))
    nameless, total = nameless_providers(claims, readable, api.base)
    expect.that(
        not nameless,
        "a name for each provider on a claim",
        f"{nameless} of {total} references to providers lead to no name",
        *member.record.exchanges.get(CLAIMS, ()),
    )


@check("quirks.known-extensions/defined", needs=("member",))
def test_extensions_are_known(member: Person) -> None:
    """Every extension is defined by FHIR or a guide at hand."""
    rows = together(member.record.everything, member.around.everything)
    inconclusive_unless(rows, f"{member} sees no record")
    own = own_extensions(rows)
    expect.that(
        not own,
        "extensions of FHIR and of its guides",
        f"{len(own)} extensions of its own, such as {', '.join(sorted(own)[:3])}",
        *(x for found in member.record.exchanges.values() for x in found[:1]),
    )


@check("quirks.words-beside-codes/providers", needs=("member",))
def test_providers_are_named(member: Person) -> None:
    """Practitioners and organizations in a member's record come with a name, not a number alone."""
    rows = together(member.record.everything, member.around.everything)
    found = [row for row in rows if row.get("resourceType") in ("Practitioner", "Organization")]
    inconclusive_unless(found, f"{member}'s record leads to no practitioner or organization")
    nameless = Counter(str(row["resourceType"]) for row in found if not row.get("name"))
    expect.that(
        not nameless,
        "a name for each of them",
        "without a name: " + ", ".join(f"{count} {kind}" for kind, count in nameless.items())
        if nameless
        else f"so it is with {len(found)}",
        *(x for exchanges in member.record.exchanges.values() for x in exchanges[:1]),
    )


@check("quirks.words-beside-codes/every-code", needs=("member",))
def test_codes_have_words(member: Person) -> None:
    """Drugs, and codes of lists that are licensed or the payer's own, come with words."""
    rows = together(member.record.everything, member.around.everything)
    every, bare = wordless(rows)
    inconclusive_unless(every, f"{member}'s record holds no code that needs words")
    told = [f"{bare[one]} of {every[one]} of {one}" for one, _ in bare.most_common(5)]
    remark(f"{every.total()} codes of {len(every)} lists need words beside them.")
    expect.that(
        not bare,
        "a text or display beside each code that cannot be looked up freely",
        "without words: " + ", ".join(told) if told else f"so it is with {every.total()} codes",
        *(x for found in member.record.exchanges.values() for x in found[:1]),
    )
