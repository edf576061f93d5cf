"""Faults of the boxes on the consent page: too many, hidden, ticked beforehand, or in jargon."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from payerproof.sandbox.defects import Defect, register
from payerproof.sandbox.defects.rewriting import Change, cut, page, portal, swap
from payerproof.sandbox.portal import classes, deciding

if TYPE_CHECKING:
    from payerproof.sandbox.oauth.model import AuthorizationRequest
    from payerproof.sandbox.portal.classes import Item
    from payerproof.sandbox.tenant import Tenant

Items = tuple["Item", ...]


def _defect(name: str, cites: str, title: str, change: Change, twin: str = "") -> None:
    register(Defect(name, "consent", tuple(cites.split()), title, change, twin=twin))


def _twin(name: str, cites: str, title: str, change: Change) -> None:
    register(Defect(name, "consent", tuple(cites.split()), title, change, lawful=True))


def _all_ticked(tenant: Tenant, request: AuthorizationRequest) -> Items:
    return tuple(replace(item, ticked=True) for item in deciding.extra_items(tenant, request))


def _nothing_protected(tenant: Tenant, request: AuthorizationRequest) -> Items:
    found = deciding.extra_items(tenant, request)
    return tuple(item for item in found if item.id != classes.SENSITIVE.id)


def _with_personal_details(tenant: Tenant, request: AuthorizationRequest) -> Items:
    asked = deciding.data_items(tenant, request)
    extra = classes.data_items(("patient/Patient.rs",))
    return asked + tuple(item for item in extra if item.id not in {one.id for one in asked})


def _in_type_names(tenant: Tenant, request: AuthorizationRequest) -> Items:
    return tuple(
        replace(
            item, label=", ".join(item.types), short=f"{item.types[0]} resources (read, search)"
        )
        for item in deciding.data_items(tenant, request)
    )


_ITEMS = "{% for item in view.items %}\n{{ box(item) }}\n{% endfor %}\n"
_EXTRAS = "{% for item in view.extras %}"


def _unseen(which: str, loop: str, field: str) -> Change:
    """Take one box out of a loop of the page and put a field in its place."""
    rest = loop.replace(" %}", f' if item.id != "{which}" %}}', 1)
    only = loop.partition("\n")[0].replace(" %}", f' if item.id == "{which}" %}}', 1)
    return page("consent", swap(loop, f"{only}\n{field}\n{{% endfor %}}\n{rest}"))


_defect(
    "consent-preticks-protected-data",
    "N-SCOPE-13 N-REV-16",
    "The box for specially protected information is ticked when the consent page opens",
    portal(extra_items=_all_ticked),
    twin="consent-never-offers-protected-data",
)
_defect(
    "consent-hides-a-ticked-box",
    "N-SCOPE-13 N-REV-16",
    "The box for specially protected information is ticked and hidden from the member",
    _unseen(
        "sensitive",
        _EXTRAS,
        '<input type="checkbox" name="share-sensitive" value="yes" checked hidden>',
    ),
    twin="consent-boxes-start-empty",
)
_twin(
    "consent-never-offers-protected-data",
    "N-SCOPE-13",
    "Specially protected information isn't shared with apps at all, and no box offers it",
    portal(extra_items=_nothing_protected),
)
_twin(
    "consent-boxes-start-empty",
    "N-REV-16",
    "All boxes of the consent page are empty until the member ticks them",
    page("consent", swap("{% if item.id in ticked %}", "{% if error and item.id in ticked %}")),
)
_defect(
    "consent-ticks-a-class-nobody-asked-for",
    "N-SCOPE-08 N-REV-16",
    "A ticked box for personal details stands on the consent page of apps that didn't ask for them",
    portal(data_items=_with_personal_details),
)
_defect(
    "consent-in-names-of-resource-types",
    "N-REV-16 AC-04-3",
    "The consent page lists data by the names of FHIR resource types",
    portal(data_items=_in_type_names),
)
_defect(
    "consent-leaves-a-class-unsaid",
    "N-REV-16",
    "Visits, procedures and vaccinations are shared without standing on the consent page",
    _unseen("visits", _ITEMS, '<input type="hidden" name="share-visits" value="yes">'),
)
_defect(
    "consent-to-all-or-nothing-unnamed",
    "N-REV-16 AC-04-3",
    "The consent page speaks of all health data in one line, without saying which",
    page(
        "consent",
        swap('<p class="quiet">Clear the box of anything you don’t want to share.</p>\n', ""),  # noqa: RUF001 - as in the template
        swap(
            _ITEMS,
            "<p>All data that we have about you.</p>\n{% for item in view.items %}\n"
            '<input type="hidden" name="share-{{ item.id }}" value="yes">\n{% endfor %}\n',
        ),
    ),
)


def _always_shared(box: str) -> Change:
    """Show a box ticked that can't be cleared, and say so."""
    return page(
        "consent",
        cut(
            "{{ box(item) }}\n{% endfor %}\n</fieldset>\n{% endif %}\n{% if view.extras %}",
            "{% if view.extras %}",
            f'{{% if item.id == "{box}" %}}\n'
            f'<input type="hidden" name="share-{box}" value="yes">\n'
            f'<div class="box"><input type="checkbox" id="{box}" name="needed" checked disabled>'
            f'<label for="{box}">{{{{ item.label }}}} (always shared)</label>'
            '<p class="about">{{ item.short }}</p></div>\n'
            "{% else %}\n{{ box(item) }}\n{% endif %}\n"
            "{% endfor %}\n</fieldset>\n{% endif %}\n",
        ),
    )


_twin(
    "consent-coverage-is-required",
    "N-REV-16",
    "The box for coverage is ticked, visible and can't be cleared, as nothing works without it",
    _always_shared("coverage"),
)
_twin(
    "consent-personal-is-required",
    "Q-TOK-06",
    "The box for personal details is ticked, visible and can't be cleared: no app gets on without",
    _always_shared("personal"),
)
