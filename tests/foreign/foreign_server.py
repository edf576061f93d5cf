"""Authorization servers that nobody here wrote, in front of the sandbox's FHIR API.

Each is a process on loopback with a certificate of a throw-away authority. Its clients are read
from the payer file that tests it, so that each is written down once.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest
import trustme

from payerproof.sandbox import Sandbox
from payerproof.sandbox.issuer import ExternalIssuer

HERE = Path(__file__).resolve().parent
MEMBERS = {"ada.lovelace": "ada", "eli.ruiz": "eli"}
"""User name at the authorization server, which is the subject of its tokens, and the portal's."""
PAYER_CLIENT = "payer-resource-server"
_TYPES = ("Condition", "Coverage", "ExplanationOfBenefit", "Observation")
_TYPES += ("Organization", "Patient", "Practitioner")
FINER_SCOPES = tuple(
    f"patient/{kind}.{letters}" for kind in _TYPES for letters in ("read", "rs", "r", "s")
)
"""What else the apps may ask for; either server knows scopes only by name."""


@dataclass(frozen=True)
class Scene:
    """A payer whose authorization server is foreign: its file, and the environment it needs."""

    payer_file: Path
    environment: Mapping[str, str] = field(repr=False)
    issuer: str


@contextmanager
def scene(
    name: str, folder: Path, accept: Literal["introspection", "jwks"] = "introspection"
) -> Iterator[Scene]:
    """Start ``name`` and a sandbox behind it; reads "not run" where something is missing."""
    payer_file = HERE / f"{name}.toml"
    secret, audience = secrets.token_urlsafe(24), "https://fhir.payer.example/patient-access"
    authority = folder / "authority.pem"
    settings = {
        **certificates(folder, authority),
        "apps": apps(payer_file, secret),
        "members": [member(user) for user in MEMBERS],
        "payer_client": PAYER_CLIENT,
        "audience": audience if accept == "jwks" else "",
    }
    with ExitStack() as stack:
        issuer = stack.enter_context(serving(command(name), settings))
        external = ExternalIssuer(
            issuer,
            accept,
            PAYER_CLIENT,
            secret,
            audience if accept == "jwks" else "",
            members=MEMBERS,
            ca_bundle=str(authority),
        )
        sandbox = stack.enter_context(Sandbox(external=external))
        both = folder / "both.pem"
        both.write_bytes(authority.read_bytes() + sandbox.ca_bundle.read_bytes())
        environment = {
            "FOREIGN_PAYER_URL": f"{sandbox.base}/plain",
            "FOREIGN_CA": str(both),
            "FOREIGN_SECRET": secret,
        }
        for one in settings["members"]:
            short = MEMBERS[one["user"]].upper()
            environment[f"FOREIGN_PASSWORD_{short}"] = one["password"]
            environment[f"FOREIGN_TOTP_{short}"] = one["totp"]
        yield Scene(payer_file, environment, issuer)


@contextmanager
def open_scene(folder: Path, resources: list[dict[str, Any]], patient: str) -> Iterator[Scene]:
    """Start Medplum's router with these resources; it asks nobody who they are.

    `patient` is the id of the one whose record is judged.
    """
    authority, listed = folder / "authority.pem", folder / "resources.json"
    listed.write_text(json.dumps(resources), encoding="utf-8")
    settings = {**certificates(folder, authority), "resources": str(listed)}
    with serving(command("medplum"), settings) as base:
        environment = {
            "FOREIGN_PAYER_URL": f"{base}/fhir/R4",
            "FOREIGN_CA": str(authority),
            "FOREIGN_PATIENT": patient,
        }
        yield Scene(HERE / "medplum.toml", environment, base)


def certificates(folder: Path, authority: Path) -> dict[str, str]:
    """A certificate for loopback, by an authority that nobody else will ever trust."""
    made = trustme.CA(organization_name="payerproof tests, a foreign server")
    leaf = made.issue_cert("localhost", "127.0.0.1")
    made.cert_pem.write_to_path(str(authority))
    chain, key = folder / "foreign.pem", folder / "foreign.key"
    chain.write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))
    key.touch(mode=0o600)
    key.write_bytes(leaf.private_key_pem.bytes())
    return {"chain": str(chain), "key": str(key)}


def apps(payer_file: Path, secret: str) -> list[dict[str, Any]]:
    """The apps of the payer file as clients, and the payer itself, which asks about tokens."""
    clients = [
        {
            "client_id": app["client_id"],
            "name": app["name"],
            "site": app["site"],
            "privacy_policy": app["privacy_policy"],
            "redirect_uris": [app["redirect_uri"]],
            "scope": " ".join((app["scopes"], *FINER_SCOPES)),
            **({"secret": secret} if "secret" in app else {}),
        }
        for app in tomllib.loads(payer_file.read_text(encoding="utf-8"))["apps"]
    ]
    payer = {"client_id": PAYER_CLIENT, "name": "Payer", "redirect_uris": [], "scope": "openid"}
    return [*clients, {**payer, "secret": secret}]


def member(user: str) -> dict[str, str]:
    otp_secret = secrets.token_hex(10)
    return {
        "user": user,
        "name": " ".join(part.capitalize() for part in user.split(".")),
        "password": f"Test-{secrets.token_urlsafe(9)}-1!",
        "otp_secret": otp_secret,
        "totp": base64.b32encode(otp_secret.encode()).decode(),
    }


def command(name: str) -> list[str]:
    """The command line that serves it; skips the test where its parts are missing."""
    if name == "canaille":
        pytest.importorskip("canaille", reason="not run: canaille is not installed")
        return [sys.executable, str(HERE / "canaille_server.py")]
    node = shutil.which("node")
    if node is None:
        pytest.skip("not run: Node is not installed")
    return [node, str(installed(name) / "server.mjs")]


def installed(name: str) -> Path:
    """Folder with a server and its dependencies as locked, installed once per lock file."""
    source = HERE / name
    digest = hashlib.sha256((source / "package-lock.json").read_bytes()).hexdigest()[:16]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "payerproof" / f"{name}-{digest}"
    folder.mkdir(parents=True, exist_ok=True)
    for file in ("package.json", "package-lock.json", "server.mjs"):
        shutil.copy2(source / file, folder / file)
    if not (folder / "installed").exists():
        _install(folder)
    return folder


def _install(folder: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("not run: npm is not installed")
    try:
        done = subprocess.run(
            [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            cwd=folder, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        pytest.skip("not run: npm did not install the server within two minutes")
    if done.returncode:
        pytest.skip("not run: npm could not install the server; is its registry in reach?")
    (folder / "installed").touch()


@contextmanager
def serving(words: list[str], settings: dict[str, Any]) -> Iterator[str]:
    """Start a server, tell it its settings, and give its issuer."""
    process = subprocess.Popen(
        words,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(json.dumps(settings) + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
        assert line, f"{Path(words[1]).name} did not start; run it by hand to see why"
        yield json.loads(line)["issuer"]
    finally:
        process.stdin.close()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
