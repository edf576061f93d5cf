"""The sandbox with a guide's published examples as its members, and the payer file for it.

The payer file is the sandbox's own but for the people and the versions of the guides: each member
that came with the package is a persona, whoever has most of the examples first, since most checks
act for the first one.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

from payerproof.places import shipped
from payerproof.sandbox import Sandbox
from payerproof.sandbox.data.load import read_package

_PEOPLE = re.compile(r"^# -- people -.*?(?=^# -- control -)", re.MULTILINE | re.DOTALL)
_PERSONA = """[[personas]]
id = "{user}"
role = "member"
label = "{name}"
username = "{user}"
password = "env:PAYERPROOF_SANDBOX_PASSWORD_{key}"
totp = "env:PAYERPROOF_SANDBOX_TOTP_{key}"
synthetic = true
"""


def payer_file(sandbox: Sandbox, versions: dict[str, str], richest: str, folder: Path) -> Path:
    """Write a payer file for the loaded members, held to these versions; `richest` comes first."""
    accounts = sorted(sandbox.accounts, key=lambda one: (one["user"] != richest, one["user"]))
    people = "\n".join(
        _PERSONA.format(**one, key=one["user"].upper().replace("-", "_")) for one in accounts
    )
    named = "".join(f'{guide} = "{version}"\n' for guide, version in versions.items())
    text = (shipped("profiles") / "payers" / "sandbox.toml").read_text("utf-8")
    text, replaced = _PEOPLE.subn(lambda _: people + "\n", text)
    assert replaced == 1
    text = text.replace("[guides]\n", f"[guides]\n{named}", 1)
    file = folder / "published.toml"
    file.write_text(text, encoding="utf-8")
    return file


def richest(sandbox: Sandbox, package: Path) -> str:
    """User name of the member with most claims, else of whom most of the examples are about."""
    examples = read_package(package).examples
    order = [str(one["id"]) for one in examples if one["resourceType"] == "Patient"]
    claims, named = Counter[str](), Counter[str]()
    for one in examples:
        found = set(re.findall(r'"Patient/([^"/]+)"', json.dumps(one)))
        named.update(found)
        claims.update(found if one["resourceType"] == "ExplanationOfBenefit" else ())
    best = max(order, key=lambda one: (claims[one], named[one]))
    return sandbox.accounts[order.index(best)]["user"]
