"""What developers say of their apps is text, wherever the payer shows it."""

from __future__ import annotations

from payerproof.browser.facts import PageFacts
from payerproof.plugin.session import RunSession
from payerproof.suite import (
    Apps,
    Lease,
    Operator,
    Portal,
    check,
    each,
    expect,
    inconclusive_unless,
)

ADDRESS = "https://payerproof.invalid/markup"
MARKUP = f'<a href="{ADDRESS}">offer</a>'
SCRIPT = "javascript:void(0)"
CHANGES = {"the name": ("name", MARKUP), "the privacy policy": ("privacy_policy", SCRIPT)}
"""What is changed → the field that the hook takes, and what an app says there."""


@check(
    "apps.text-shown-safely/markup",
    needs=("member", "three_apps", "portal", "state_changes", "control:app-details"),
    prod="no",
)
@each("what", CHANGES)
def test_what_apps_say_is_shown_as_text(
    apps: Apps,
    lease: Lease,
    operator: Operator,
    portal: Portal,
    run_session: RunSession,
    what: str,
) -> None:
    """Markup in an app's name, and a script for an address, become no part of a page."""
    # given somebody who plays no other part, and an app whose developer says odd things of it
    spare = run_session.cast.bystander(list(CHANGES).index(what))
    inconclusive_unless(spare, "the payer file has no member to spare")
    assert spare is not None
    person, app = run_session.person(spare), apps.least_needed
    field, said = CHANGES[what]
    was = str(getattr(app, field))
    inconclusive_unless(was, f"the payer file does not tell {what} of {app.id}")

    def look() -> tuple[PageFacts, ...]:
        told = {"client_id": app.client_id}
        odd = f"{was} {said}" if field == "name" else said
        with operator.changed("app-details", {**told, field: odd}, {**told, field: was}):
            outcome = lease.with_outcome(person, app)[1]
            return (*outcome.pages, portal.connected_apps(person).page)

    # when a member connects it and looks at the list, once: a consent may be remembered
    pages = run_session.memo.once(f"app-text:{field}", look)
    named = [page for page in pages if app.name.split()[0] in page.text]
    inconclusive_unless(
        any(page.kind == "consent" for page in named), "no consent page named the app"
    )
    # then no page was changed by it
    changed = [page for page in pages if _became_a_link(page)]
    expect.that(
        not changed,
        f"{what} as text, on {len(named)} pages that name the app",
        f"it became a link on {len(changed)} pages" if changed else "no such link",
        *(page.exchange for page in changed or named),
    )


def _became_a_link(page: PageFacts) -> bool:
    found = [link.href.lower() for link in page.links]
    return any(href.startswith(ADDRESS) or href.startswith("javascript:void") for href in found)
