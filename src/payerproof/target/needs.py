"""What a check may need of a target: a closed vocabulary, resolved before anything is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations

from payerproof.target.models import Target
from payerproof.target.partners import Clinic
from payerproof.target.people import CONTROLS, Persona


@dataclass(frozen=True, slots=True)
class Need:
    """One word of the vocabulary."""

    sentence: str
    """What the report prints where it is unmet: "needs …", and how to provide it."""
    met: Callable[[Target], bool]


def can_log_in(target: Target, persona: Persona) -> bool:
    """True where the payer file holds a way to a token for this person.

    That is: username and password, an imported token, a control hook that grants, or the word
    that no token is asked for.
    """
    by_hook = "grant" in target.controls and bool(persona.username)
    by_page = bool(persona.username) and persona.password is not None
    return by_hook or by_page or persona.open or persona.id in target.tokens


def members(target: Target) -> tuple[Persona, ...]:
    """Personas that can log in and have a record of their own."""
    own = ("member", "subscriber", "dependent", "minor")
    return tuple(
        one
        for one in target.personas
        if can_log_in(target, one) and (one.role in own or one.patient_id or one.expect.claims)
    )


def related(one: Persona, other: Persona) -> bool:
    """True where one acts for the other, or both are covered by one subscriber."""
    household = one.household is not None and one.household == other.household
    return household or one.id in other.represents or other.id in one.represents


def unrelated_pairs(target: Target) -> Iterator[tuple[Persona, Persona]]:
    """Pairs of members who have nothing to do with each other."""
    for one, other in combinations(members(target), 2):
        if not related(one, other):
            yield one, other


def representatives(target: Target, of: int = 1) -> tuple[Persona, ...]:
    """Personas that can log in and act for at least `of` others."""
    return tuple(
        one for one in target.personas if can_log_in(target, one) and len(one.represents) >= of
    )


def namesakes(target: Target) -> tuple[Persona, Persona] | None:
    """Two unrelated members with logins whom the payer file shows under one name."""
    pairs = unrelated_pairs(target)
    return next(
        ((one, other) for one, other in pairs if one.label and one.label == other.label), None
    )


def guardianship(target: Target) -> tuple[Persona, Persona] | None:
    """A representative and a minor they act for, each with a login."""
    return next(
        (
            (one, ward)
            for one in representatives(target)
            for ward in map(target.persona, one.represents)
            if ward.role == "minor" and can_log_in(target, ward)
        ),
        None,
    )


def shared_with(target: Target, clinic: Clinic) -> tuple[Persona, ...]:
    """Personas whose data a clinic ought to get: every condition holds for them."""
    treated = map(target.persona, clinic.treats if clinic.in_network else ())
    return tuple(one for one in treated if not (one.opted_out or one.coverage_ended))


def withheld(target: Target, clinic: Clinic) -> tuple[Persona, ...]:
    """Personas whom a clinic in the network treats and who have opted out."""
    return tuple(
        one for one in map(target.persona, clinic.treats) if clinic.in_network and one.opted_out
    )


def served_clinics(target: Target) -> tuple[Clinic, ...]:
    """Clinics with somebody to ask about whose record can be seen by a login of their own."""
    able = {one.id for one in members(target)}
    return tuple(one for one in target.clinics if able & {p.id for p in shared_with(target, one)})


def clinic_pair(target: Target) -> tuple[Clinic, Clinic] | None:
    """Two served clinics, the second with a member whom the first does not treat."""
    served = served_clinics(target)
    return next(
        (
            (one, other)
            for one in served
            for other in served
            if {p.id for p in shared_with(target, other)} - set(one.treats)
            and {p.id for p in shared_with(target, one)} - set(other.treats)
        ),
        None,
    )


def _apps_of(kind: str) -> Callable[[Target], bool]:
    return lambda target: any(app.type == kind for app in target.apps)


def _user_apps(count: int) -> Callable[[Target], bool]:
    return lambda target: sum(bool(app.redirect_uri) for app in target.apps) >= count


def _attestation(target: Target) -> bool:
    return {True, False} <= {app.attested for app in target.apps if app.redirect_uri}


def _household(target: Target) -> bool:
    houses = [one.household for one in target.personas if one.household and can_log_in(target, one)]
    return len(houses) > len(set(houses))


def _browser(target: Target) -> bool:
    return any(one.username and one.password for one in target.personas)


NEEDS: dict[str, Need] = {
    "member": Need(
        "needs a test member who can log in: add one under [[personas]] with username and password",
        lambda target: bool(members(target)),
    ),
    "unrelated_pair": Need(
        "needs two test members who have nothing to do with each other: "
        "add a second one under [[personas]] without household or represents in common",
        lambda target: any(unrelated_pairs(target)),
    ),
    "two_apps": Need(
        "needs two registered apps with a redirect address: add them under [[apps]]",
        _user_apps(2),
    ),
    "three_apps": Need(
        "needs three registered apps with a redirect address: add them under [[apps]]",
        _user_apps(3),
    ),
    "public_app": Need(
        'needs an app registered as a public client: add one of type "public" under [[apps]]',
        _apps_of("public"),
    ),
    "confidential_app": Need(
        "needs an app registered with a client secret: "
        'add one of type "confidential-symmetric" under [[apps]]',
        _apps_of("confidential-symmetric"),
    ),
    "asymmetric_app": Need(
        "needs an app registered with a public key: "
        'add one of type "confidential-asymmetric" under [[apps]]',
        _apps_of("confidential-asymmetric"),
    ),
    "attested_and_unattested_app": Need(
        "needs one app whose developer attested to the privacy questions and one whose developer "
        "did not: set attested = true and attested = false under [[apps]]",
        _attestation,
    ),
    "representative": Need(
        "needs a personal representative who can log in: "
        "add a persona with represents = [the member's id]",
        lambda target: bool(representatives(target)),
    ),
    "representative_of_two": Need(
        "needs a representative who acts for two members: add a persona with two ids in represents",
        lambda target: bool(representatives(target, of=2)),
    ),
    "minor": Need(
        "needs a minor with a login and a representative who acts for them: "
        'add a persona with role = "minor" and one with represents = [the minor\'s id]',
        lambda target: guardianship(target) is not None,
    ),
    "portal_user": Need(
        "needs a portal account without a member's record behind it: "
        'add a persona with a login and role = "portal-user"',
        lambda target: any(
            one.role == "portal-user" and can_log_in(target, one) for one in target.personas
        ),
    ),
    "household": Need(
        "needs two people covered by one subscriber, each with a login: "
        "give two personas the same household",
        _household,
    ),
    "namesakes": Need(
        "needs two unrelated test members of one name, each with a login: "
        "give two personas the same label",
        lambda target: namesakes(target) is not None,
    ),
    "browser": Need(
        "needs a login through the browser: add username and password of a persona", _browser
    ),
    "portal": Need(
        "needs the page where members see and revoke their apps: set pages.app_management",
        lambda target: bool(target.pages.app_management),
    ),
    "date_edges": Need(
        "needs a member with claims at the edge of the date floor: "
        "set date_edges under [personas.expect]",
        lambda target: any(one.expect.date_edges for one in members(target)),
    ),
    "earlier_versions": Need(
        "needs the address of an earlier version of the Patient Access API: set earlier_versions",
        lambda target: bool(target.earlier_versions),
    ),
    "dated_services": Need(
        "needs a member with clinical records at the date floor that are known beforehand: "
        "list services under [personas.expect]",
        lambda target: any(one.expect.services for one in members(target)),
    ),
    "expected_claims": Need(
        "needs a member whose claims are known beforehand: list them under [personas.expect]",
        lambda target: any(one.expect.claims for one in members(target)),
    ),
    "expected_authorizations": Need(
        "needs a member whose prior authorizations are known beforehand: "
        "list them under [personas.expect]",
        lambda target: any(one.expect.authorizations for one in members(target)),
    ),
    "writes": Need(
        "needs leave to send writes: set permissions.writes = true",
        lambda target: target.permissions.writes,
    ),
    "state_changes": Need(
        "needs leave to change grants and settings: set permissions.state_changes = true",
        lambda target: target.permissions.state_changes,
    ),
    "provider_access": Need(
        "needs the Provider Access API: set endpoints.provider_access",
        lambda target: bool(target.endpoints.provider_access),
    ),
    "clinic": Need(
        "needs a clinic in the network with a registered key, who treats a test member: "
        "add one under [[clinics]] with treats = [the member's id]",
        lambda target: bool(served_clinics(target)),
    ),
    "two_clinics": Need(
        "needs two clinics in the network, each with a member of its own whom the other does not "
        "treat: add them under [[clinics]]",
        lambda target: clinic_pair(target) is not None,
    ),
    "clinic_out_of_network": Need(
        "needs a clinic outside the network that treats a test member: "
        "add one with in_network = false under [[clinics]]",
        lambda target: any(not one.in_network and one.treats for one in target.clinics),
    ),
    "second_key": Need(
        "needs a clinic with registered keys for ES384 and RS384: set second_key under [[clinics]]",
        lambda target: any(one.second_key for one in served_clinics(target)),
    ),
    "opted_out_member": Need(
        "needs a test member who has opted out of Provider Access and whom a clinic in the network "
        "treats: set opted_out = true under [[personas]]",
        lambda target: any(withheld(target, one) for one in target.clinics),
    ),
    "other_payer": Need(
        "needs another payer with a registered key: add one under [[payers]]",
        lambda target: bool(target.payers),
    ),
    "payer_to_payer": Need(
        "needs the Payer-to-Payer API: set endpoints.payer_to_payer",
        lambda target: bool(target.endpoints.payer_to_payer),
    ),
    "opt_out_page": Need(
        "needs the page where members opt out of Provider Access: set pages.provider_access",
        lambda target: bool(target.pages.provider_access),
    ),
    "directory": Need(
        "needs the provider directory API: set endpoints.directory",
        lambda target: bool(target.endpoints.directory),
    ),
    "formulary": Need(
        "needs the formulary API: set endpoints.formulary",
        lambda target: bool(target.endpoints.formulary),
    ),
}


def _control(name: str) -> Need:
    return Need(
        f"needs a way to {CONTROLS[name]}: add [controls.{name}]",
        lambda target: name in target.controls,
    )


NEEDS |= {f"control:{name}": _control(name) for name in CONTROLS}


def needs(target: Target, *, no_browser: str = "") -> dict[str, str]:
    """Each word of the vocabulary with "" where the target meets it, else its "needs …" sentence.

    `no_browser` says why no browser can be used on this machine; then ``browser`` and ``portal``
    are unmet for that reason.
    """
    answer = {word: "" if need.met(target) else need.sentence for word, need in NEEDS.items()}
    if no_browser:
        for word in ("browser", "portal", "opt_out_page"):
            answer[word] = f"needs a browser: {no_browser}"
    return answer
