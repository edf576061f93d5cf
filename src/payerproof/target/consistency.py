"""Contradictions inside a payer file: each key is fine by itself, together they can't be right.

A run that started on one of these would blame the payer for the file's mistake.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from payerproof.target.environments import mixed_environments
from payerproof.target.errors import Problem, did_you_mean, key_path
from payerproof.target.locate import Path, line_of
from payerproof.target.models import Target
from payerproof.target.partners import Partner
from payerproof.target.people import CONTROLS, App, Control

Finding = tuple[Path, str]
"""Key path and sentence."""


def contradictions(target: Target, lines: Mapping[Path, int]) -> list[Problem]:
    """Every contradiction, placed at its line."""
    rules: Sequence[Callable[[Target], Iterator[Finding]]] = (
        _repeated_ids,
        _shared_usernames,
        _unknown_people,
        _apps,
        _partners,
        _partner_apis,
        _controls,
        _logins,
        _client_certificate,
        _exclusions,
        mixed_environments,
    )
    return [
        Problem(key_path(path), line_of(lines, path), text)
        for rule in rules
        for path, text in rule(target)
    ]


def _repeated_ids(target: Target) -> Iterator[Finding]:
    apps = [one.id for one in target.apps]
    personas = [one.id for one in target.personas]
    clinics, payers = [one.id for one in target.clinics], [one.id for one in target.payers]
    tables = (("apps", apps), ("personas", personas), ("clinics", clinics), ("payers", payers))
    for table, ids in tables:
        for at, name in enumerate(ids):
            first = ids.index(name)
            if first < at:
                yield (
                    (table, at, "id"),
                    f'"{name}" is also the id of {table}[{first}]; each needs an id of its own.',
                )


def _shared_usernames(target: Target) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for at, persona in enumerate(target.personas):
        name = persona.username.casefold()
        if name and name in seen:
            yield (
                ("personas", at, "username"),
                f"is also the username of persona '{seen[name]}': two personas that log in as one "
                "person would make every look at foreign data a false alarm. Leave it empty for a "
                "person without a login of their own.",
            )
        elif name:
            seen[name] = persona.id


def _unknown_people(target: Target) -> Iterator[Finding]:
    known = [persona.id for persona in target.personas]
    for at, persona in enumerate(target.personas):
        for nth, other in enumerate(persona.represents):
            if other == persona.id:
                text = "a persona does not represent itself; leave it out."
            elif other not in known:
                text = f"there is no persona '{other}'.{did_you_mean(other, known)}"
            else:
                continue
            yield ("personas", at, "represents", nth), text
    for name in target.tokens:
        if name not in known:
            yield ("tokens", name), f"there is no persona '{name}'.{did_you_mean(name, known)}"


def _apps(target: Target) -> Iterator[Finding]:
    for at, app in enumerate(target.apps):
        for key, text in _app(app):
            yield (("apps", at, key) if key else ("apps", at)), text


def _app(app: App) -> Iterator[tuple[str, str]]:
    backend = all(one.startswith("system/") for one in app.scopes.split()) and app.scopes
    if not app.redirect_uri and not backend:
        yield "", "redirect_uri is missing: write the address registered with the payer."
    if app.redirect_uri and ":" not in app.redirect_uri:
        yield "redirect_uri", "must be an absolute address, exactly as registered."
    if "#" in app.redirect_uri:
        yield "redirect_uri", "must not have a '#' part (RFC 6749 section 3.1.2)."
    if app.type == "confidential-symmetric" and app.secret is None:
        yield "", 'secret is missing: an app of type "confidential-symmetric" has a client secret.'
    if app.type == "confidential-asymmetric" and app.key is None:
        yield (
            "",
            'key is missing: type "confidential-asymmetric" signs with a private key.',
        )
    if app.type != "confidential-symmetric" and app.secret is not None:
        yield "secret", f'an app of type "{app.type}" has no client secret; correct type or secret.'
    if app.type != "confidential-asymmetric" and app.key is not None:
        yield "key", f'an app of type "{app.type}" has no key; correct type or key.'


def _partners(target: Target) -> Iterator[Finding]:
    """Clinics and other payers: whom they name, with which client."""
    lists = {"clinics": ("treats", "treated"), "payers": ("opted_in", "withdrawn")}
    seen: dict[str, str] = {app.client_id: f"app '{app.id}'" for app in target.apps}
    for table, keys in lists.items():
        for at, partner in enumerate(getattr(target, table)):
            place: Path = (table, at)
            if partner.client_id in seen:
                yield (
                    (*place, "client_id"),
                    f"is also the client_id of {seen[partner.client_id]}; what one may see would "
                    "be taken for what the other may.",
                )
            seen[partner.client_id] = f"'{partner.id}'"
            if any(not one.startswith("system/") for one in partner.scopes.split()):
                yield (*place, "scopes"), 'a client without a user has "system/…" scopes only.'
            yield from _named_people(target, place, partner, *keys)


def _named_people(
    target: Target, place: Path, partner: Partner, now: str, once: str
) -> Iterator[Finding]:
    known = [persona.id for persona in target.personas]
    for key in (now, once):
        for nth, name in enumerate(getattr(partner, key)):
            if name not in known:
                text = f"there is no persona '{name}'.{did_you_mean(name, known)}"
                yield (*place, key, nth), text
    for name in sorted(set(getattr(partner, now)) & set(getattr(partner, once))):
        yield (*place, once), f"'{name}' is also in {now}; it can't be both."


def _partner_apis(target: Target) -> Iterator[Finding]:
    if target.clinics and not target.endpoints.provider_access:
        yield ("endpoints",), "provider_access is missing: [[clinics]] need the API they ask at."
    if target.payers and not target.endpoints.payer_to_payer:
        yield ("endpoints",), "payer_to_payer is missing: [[payers]] need the API they ask at."


def _controls(target: Target) -> Iterator[Finding]:
    for name, control in target.controls.items():
        if name not in CONTROLS:
            hint = did_you_mean(name, list(CONTROLS)) or f" Known: {', '.join(CONTROLS)}."
            yield ("controls", name), f"unknown control '{name}'.{hint}"
        for key, text in _control(control, has_portal=bool(target.pages.app_management)):
            yield (("controls", name, key) if key else ("controls", name)), text


def _control(control: Control, *, has_portal: bool) -> Iterator[tuple[str, str]]:
    needed = {"http": "url", "command": "command", "person": "instruction"}.get(control.kind, "")
    if needed and not getattr(control, needed):
        yield "", f'{needed} is missing: a control of kind "{control.kind}" needs it.'
    if control.kind == "portal" and not has_portal:
        yield "kind", '"portal" needs pages.app_management, the page where members revoke apps.'
    if control.url and not control.url.startswith(("https://", "http://")):
        yield "url", "an address with https:// or http:// is expected."


def _logins(target: Target) -> Iterator[Finding]:
    for at, recipe in enumerate(target.logins):
        for nth, step in enumerate(recipe.steps):
            place: Path = ("logins", at, "steps", nth)
            if step.action in ("fill", "click") and not (step.label or step.fallbacks):
                yield place, f'label is missing: "{step.action}" needs the field or button to use.'
            if step.action == "fill" and not step.value:
                yield place, 'value is missing: "fill" needs what to fill in, such as "username".'


def _client_certificate(target: Target) -> Iterator[Finding]:
    if target.tls.client_key and not target.tls.client_certificate:
        yield ("tls", "client_key"), "needs client_certificate beside it."


def _exclusions(target: Target) -> Iterator[Finding]:
    for check, reason in target.exclude.items():
        if not reason.strip():
            yield ("exclude", check), "a reason is needed; the report prints it."
