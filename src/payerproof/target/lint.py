"""What is allowed in a payer file but probably not meant: `doctor` tells it, nothing stops."""

from __future__ import annotations

import os
import ssl
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path as FilePath

from payerproof.target.environments import is_local
from payerproof.target.errors import Problem, SecretError, key_path
from payerproof.target.locate import Path, key_lines, line_of
from payerproof.target.models import Target
from payerproof.target.secrets import KINDS, Secret


def warnings(target: Target) -> list[Problem]:
    """Oddities of a valid payer file, in order of lines. Sends nothing and resolves no secret."""
    rules = (_plain_http, _no_login, _too_few, _real_members, _state_of_medicaid, _open_files)
    return _placed(target, (finding for rule in rules for finding in rule(target)))


def unresolved_secrets(target: Target, kinds: Collection[str] = KINDS) -> list[Problem]:
    """Secrets of these kinds that can't be fetched now; no value is kept.

    A persona's ``code`` is left alone where a command fetches it: the code is not sent yet.
    """

    def trouble() -> Iterator[tuple[Path, str]]:
        for path, secret in secrets_of(target):
            if secret.kind not in kinds or (secret.kind == "cmd" and path[-1] == "code"):
                continue
            try:
                secret.reveal()
            except SecretError as error:
                yield path, f"{error}."

    return _placed(target, trouble())


def missing_files(target: Target) -> list[Problem]:
    """Certificates named in ``[tls]`` that are not there, or are no certificates."""

    def trouble() -> Iterator[tuple[Path, str]]:
        for name, path in target.tls:
            if isinstance(path, FilePath) and not path.is_file():
                yield ("tls", name), f"file {path} does not exist."
        bundle = target.tls.ca_bundle
        if bundle and bundle.is_file() and not _holds_certificates(bundle):
            yield ("tls", "ca_bundle"), f"file {bundle} holds no PEM certificates."

    return _placed(target, trouble())


def _holds_certificates(path: FilePath) -> bool:
    try:
        ssl.create_default_context(cafile=path)
    except OSError:
        return False
    return True


def secrets_of(target: Target) -> Iterator[tuple[Path, Secret]]:
    """Every secret reference with its key path."""
    for at, app in enumerate(target.apps):
        yield from _present(("apps", at), {"secret": app.secret, "key": app.key})
    for at, one in enumerate(target.personas):
        place: Path = ("personas", at)
        yield from _present(place, {"password": one.password, "totp": one.totp, "code": one.code})
        yield from _present((*place, "answers"), one.answers)
        for nth, marker in enumerate(one.markers):
            yield (*place, "markers", nth), marker
    for table, partners in (("clinics", target.clinics), ("payers", target.payers)):
        for at, partner in enumerate(partners):
            yield from _present((table, at), {"key": partner.key, "second_key": partner.second_key})
    for name, control in target.controls.items():
        yield from _present(("controls", name), {"token": control.token})
    yield from _present(("quirks", "secret_headers"), target.quirks.secret_headers)
    yield from _present(("tokens",), target.tokens)


def _present(place: Path, secrets: Mapping[str, Secret | None]) -> Iterator[tuple[Path, Secret]]:
    for key, secret in secrets.items():
        if secret is not None:
            yield (*place, key), secret


def _placed(target: Target, findings: Iterator[tuple[Path, str]]) -> list[Problem]:
    lines = key_lines(FilePath(target.path).read_text(encoding="utf-8-sig"))
    placed = [Problem(key_path(path), line_of(lines, path), text) for path, text in findings]
    return sorted(placed, key=lambda one: (one.line or 0, one.key))


def _plain_http(target: Target) -> Iterator[tuple[Path, str]]:
    for table, values in (("endpoints", target.endpoints), ("pages", target.pages)):
        for name, address in values:
            if address and address.startswith("http://") and not is_local(address):
                yield (table, name), "is not https: the transport checks will fail on it."


def _no_login(target: Target) -> Iterator[tuple[Path, str]]:
    for at, persona in enumerate(target.personas):
        if persona.username and not persona.password and persona.id not in target.tokens:
            yield (
                ("personas", at, "username"),
                f"persona '{persona.id}' has a username but no password, and no access token under "
                "[tokens]: it can't log in.",
            )


def _too_few(target: Target) -> Iterator[tuple[Path, str]]:
    if not target.apps:
        yield (), "no [[apps]]: only open endpoints and public pages can be tested."
    if not target.personas:
        yield (), "no [[personas]]: only open endpoints and public pages can be tested."
    elif len(target.personas) == 1:
        yield ("personas", 0), "one persona only: nothing can be said about isolation of members."


def _real_members(target: Target) -> Iterator[tuple[Path, str]]:
    if target.environment == "sandbox":
        for at, persona in enumerate(target.personas):
            if not persona.synthetic:
                yield (
                    ("personas", at),
                    f"persona '{persona.id}' is not marked synthetic: bodies and screenshots of "
                    "everyone are redacted. Write synthetic = true if the person is invented.",
                )


def _state_of_medicaid(target: Target) -> Iterator[tuple[Path, str]]:
    if not target.state and {"MEDICAID_FFS", "MEDICAID_MCO", "CHIP"} & set(target.programmes):
        yield ("programmes",), "state is missing: some Medicaid and CHIP rules depend on the State."


def _open_files(target: Target) -> Iterator[tuple[Path, str]]:
    for path, secret in secrets_of(target):
        file = FilePath(secret.folder) / FilePath(secret.name).expanduser()
        if secret.kind == "file" and os.name == "posix" and file.is_file():
            mode = file.stat().st_mode & 0o077
            if mode:
                yield path, f"file {file} can be read by others; chmod 600 keeps it private."
