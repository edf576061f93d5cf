"""The cover and "how the run was made": labelled lines from the header."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from payerproof.report import words
from payerproof.report.view import Row
from payerproof.runfile import RecordedRun

_GUIDES = {
    "bulk_data": "Bulk Data Access",
    "carin_bb": "CARIN Blue Button",
    "drug_formulary": "PDex Drug Formulary",
    "pdex": "PDex",
    "plan_net": "PDex Plan-Net",
    "smart": "SMART App Launch",
    "us_core": "US Core",
}

_LOGINS = {
    "browser": "in a browser, on the payer's own pages",
    "hook": "through the payer file's control hook, without pages",
    "import": "tokens were imported; no login was exercised",
}


def cover(run: RecordedRun) -> tuple[Row, ...]:
    """Who was tested, where, when, by whom, against which edition."""
    header = run.header
    target = header.get("target", {})
    ended = str((run.footer or {}).get("ended", ""))
    programmes = [words.PROGRAMMES.get(one, one) for one in target.get("programmes", ())]
    rows = [
        Row("Line of business", ", ".join(programmes)),
        Row("State", str(target.get("state") or "")),
        Row("Environment", _environment(target)),
        *(Row(_label(n), str(u), code=True) for n, u in target.get("endpoints", {}).items() if u),
        Row("Run", words.span_in_words(str(header["started"]), ended)),
        Row("Run id", str(header["run"]), code=True),
        Row("Rules as of", words.date_in_words(str(header.get("as_of", "")))),
        Row("Requirements", _edition(header)),
        Row("Operator", _joined(header.get("operator"), header.get("organisation"))),
        Row("Test persons", _personas(header)),
        Row("Login", _LOGINS.get(header.get("login", ""), str(header.get("login") or ""))),
        Row("Redaction", _redaction(target)),
    ]
    return tuple(row for row in rows if row.text)


def _label(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _environment(target: Mapping[str, Any]) -> str:
    words_for = {"sandbox": "a sandbox, not the production system", "production": "production"}
    name = str(target.get("environment") or "")
    return words_for.get(name, name)


def _edition(header: Mapping[str, Any]) -> str:
    guides = [
        f"{_GUIDES.get(name, name.replace('_', ' '))} {version}"
        for name, version in header.get("guides", {}).items()
    ]
    edition = f"edition {header['edition']}" if header.get("edition") else ""
    version = f"payerproof {header['suite_version']}" if header.get("suite_version") else ""
    return "; ".join(part for part in (edition, ", ".join(guides), version) if part)


def _joined(*parts: object) -> str:
    return ", ".join(str(part) for part in parts if part)


def _personas(header: Mapping[str, Any]) -> str:
    people = header.get("personas", ())
    if not people:
        return ""
    named = ", ".join(f"{one['id']} ({one.get('role', 'member')})" for one in people)
    made_up = all(one.get("synthetic") for one in people)
    return f"{named}; {'all synthetic' if made_up else 'not all synthetic'}"


def _redaction(target: Mapping[str, Any]) -> str:
    if target.get("synthetic"):
        kept = "As every test person is synthetic, other content may be shown as it was received."
    else:
        kept = "Other content is shown as type and length, unless it is known to be harmless."
    return f"Tokens, codes and passwords were replaced by tags before anything was written. {kept}"


def made(run: RecordedRun) -> tuple[Row, ...]:
    """Command line, versions, limits, settings and digests."""
    header = run.header
    command = header.get("command", "")
    rows = [
        Row("Command", command if isinstance(command, str) else " ".join(command), code=True),
        Row("Selection", selection_in_words(header.get("selection")) or "none: every check"),
        Row(
            "Versions",
            _pairs({"payerproof": header.get("suite_version"), **header.get("environment", {})}),
        ),
        Row("Limits", _pairs(header.get("limits", {}))),
        Row("Settings", _pairs(header.get("policy", {}))),
        Row("Apps", ", ".join(f"{a['id']} ({a.get('type', '')})" for a in header.get("apps", ()))),
        *(
            Row(_label(name), str(url), code=True)
            for name, url in header.get("target", {}).get("pages", {}).items()
            if url
        ),
        Row("Payer file digest", str(header.get("target", {}).get("digest", "")), code=True),
        Row("Exam digest", str(header.get("exam_digest", "")), code=True),
        Row("Environment digest", str(header.get("environment_digest", "")), code=True),
    ]
    return tuple(row for row in rows if row.text)


def _pairs(values: Mapping[str, Any]) -> str:
    return "; ".join(
        f"{name.replace('_', ' ')} {_value(value)}"
        for name, value in values.items()
        if value not in (None, "", [], {})
    )


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return str(value)


def selection_in_words(selection: Mapping[str, Any] | None) -> str:
    """``areas isolation, claims; personas ada``; empty where everything was asked for."""
    if not selection:
        return ""
    parts = ["the quick subset"] if selection.get("quick") else []
    for name in ("areas", "checks", "personas"):
        if selection.get(name):
            parts.append(f"{name} {', '.join(selection[name])}")
    if selection.get("left_out"):
        parts.append(f"everything but {', '.join(selection['left_out'])}")
    return "; ".join(parts)
