"""What other law protects stays with the member until they consent (42 CFR part 2)."""

from __future__ import annotations

from payerproof.plugin.practice.protected import RESTRICTED, has_notice, labels, mentions
from payerproof.suite import (
    Choices,
    Practice,
    check,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)

NEEDS = ("clinic", "state_changes", "control:part2-consent")


@check("provider-access.other-law/without-consent", needs=NEEDS, prod="no")
def test_without_consent_nothing_protected(choices: Choices) -> None:
    """Without the member's consent, what the consent would open comes by no road, nor its codes."""
    # given a member of whom consent opens something
    seen = choices.consented()
    hidden = {f"{row.get('resourceType')}/{row.get('id')}" for row in seen.opened()}
    words = seen.telling()
    # then nothing of it is in exports and searches without it
    exported = list(seen.without.of())
    searched = [row for reply in seen.reads.values() for row in reply.resources]
    rows = [*exported, *searched]
    found = [
        name for row in rows if (name := f"{row.get('resourceType')}/{row.get('id')}") in hidden
    ]
    told = mentions(rows, words)
    expect.that(
        not found and not told,
        f"none of {len(hidden)} protected resources, and none of their codes",
        f"{len(found)} of them came, and {len(told)} others tell of them"
        if found or told
        else "none",
        *seen.without.exchanges[:8],
        *(reply.exchange for reply in seen.reads.values()),
    )


@check("provider-access.other-law/the-rest-comes", needs=NEEDS, prod="no")
def test_the_rest_comes(choices: Choices) -> None:
    """A member with protected records is not dropped whole."""
    # given a member of whom consent opens something
    seen = choices.consented()
    seen.opened()
    # then what is not protected comes without it: each type that the member's own app sees, and
    # all that has no label, where rows are labelled
    rows, opened = seen.rows(seen.without), seen.opened()
    marked = [row for row in opened if labels(row) & RESTRICTED]
    dropped = [row for row in opened if marked and not labels(row) & RESTRICTED]
    expect.that(
        rows and not dropped and not seen.dropped(),
        "the member's other records",
        f"{len(rows)} resources; {len(dropped)} without a label came with the consent only"
        + (f"; none of the type {', '.join(seen.dropped())}" if seen.dropped() else ""),
        *seen.without.exchanges[:4],
    )


@check("provider-access.other-law/consent-withdrawn", needs=NEEDS, prod="no")
def test_withdrawn_consent_closes(choices: Choices) -> None:
    """When the consent is withdrawn, the protected records are held back again."""
    # given a member whose consent opened something
    seen = choices.consented()
    hidden = {row.get("id") for row in seen.opened()}
    # then after its withdrawal it is closed again
    inconclusive_unless(seen.withdrawn.complete, "the last export did not end")
    found = [row for row in seen.rows(seen.withdrawn) if row.get("id") in hidden]
    expect.that(
        not found,
        "nothing that only the consent opened",
        f"{len(found)} resources" if found else "nothing",
        *seen.withdrawn.exchanges[:8],
    )


@check("provider-access.other-law/consent-for-one-clinic", needs=NEEDS, prod="no")
def test_a_consent_is_for_one_clinic(choices: Choices) -> None:
    """A consent for one clinic opens nothing to another that treats the member too."""
    # given a member whose consent opened something to one clinic, and another that treats them
    seen = choices.consented()
    hidden = {row.get("id") for row in seen.opened()}
    not_applicable_unless(seen.elsewhere, "No other clinic treats the member.")
    inconclusive_unless(
        any(reply.resources for reply in seen.elsewhere),
        "the other clinic is shown nothing at all",
        *(reply.exchange for reply in seen.elsewhere),
    )
    # then the other clinic was shown none of it
    found = [row for reply in seen.elsewhere for row in reply.resources if row.get("id") in hidden]
    expect.that(
        not found,
        "nothing of it for the other clinic",
        f"{len(found)} protected resources" if found else "nothing",
        *(reply.exchange for reply in seen.elsewhere),
    )


@check("sensitive-data.part2-notice/with-consent", needs=NEEDS, prod="no")
def test_the_notice_goes_with_it(choices: Choices) -> None:
    """Substance use records that are shared with consent carry the notice against redisclosure."""
    # given records that only the consent opened
    rows = choices.consented().opened()
    # then each carries the notice, as a handling label or in words
    without = [row for row in rows if not has_notice(row)]
    kinds = sorted({str(row.get("resourceType")) for row in without})
    expect.that(
        not without,
        f"the notice with each of {len(rows)} records",
        f"{len(without)} without it: {', '.join(kinds)}" if without else "it is with each",
        *choices.consented().given.exchanges[:4],
    )


@check("sensitive-data.security-labels/with-consent", needs=NEEDS, prod="no")
def test_labels_go_with_it(choices: Choices) -> None:
    """Records that are held back without consent say by a label why they are special."""
    # given records that only the consent opened
    rows = choices.consented().opened()
    # then each is labelled
    bare = [row for row in rows if not labels(row) & RESTRICTED]
    expect.that(
        not bare,
        f"a label on each of {len(rows)} records",
        f"{len(bare)} without one" if bare else "each has one",
        *choices.consented().given.exchanges[:4],
    )


@check("provider-access.other-law/no-labels", needs=("clinic",))
def test_nothing_labelled_restricted(practice: Practice) -> None:
    """Nothing in a clinic's export bears a label of substance use or restricted records."""
    # given a full export
    seen = practice.full()
    seen.must_be_complete()
    # then nothing in it is labelled so
    found = [row for row in seen.export.of() if labels(row) & RESTRICTED]
    kinds = sorted({str(row.get("resourceType")) for row in found})
    expect.that(
        not found,
        "no resource with a restricted label",
        f"{len(found)} of {', '.join(kinds)}" if found else "none",
        seen.export.last.exchange,
    )
