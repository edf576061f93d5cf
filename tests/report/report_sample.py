"""A realistic run made in code: 64 results of every outcome, with exchanges and a screenshot."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from sample_payer import BASE, HEADER, SECRET
from sample_processes import ELEMENTS, MISSING, first_process, second_process, third_process
from sample_requirements import REQUIREMENTS
from sample_segment import Segment

from payerproof.model import Check, Outcome, Prod
from payerproof.runfile import RecordedRun, join

__all__ = [
    "ELEMENTS", "HEADER", "MISSING", "REQUIREMENTS", "SECRET", "checks", "large_run",
    "sample_run", "sample_segments", "without_failures",
]  # fmt: skip

CHECKS = {
    "isolation.cross-member/search": "A token granted for one member finds no claims of another.",
    "isolation.cross-member/read": "A token granted for one member reads no resource of another.",
    "isolation.cross-member/next-page": "No later page of a search holds another member's data.",
    "claims.must-support/element": "The element is present in at least one of the member's claims.",
    "claims.within-one-business-day/injected": "A claim injected at noon is there the next day.",
    "authorization.code-once/replayed": "A code that was redeemed is refused the second time.",
    "authorization.pkce/no-verifier": "A public app's code without a verifier is refused.",
    "authorization.pkce/wrong-verifier": "A public app's code with another verifier is refused.",
    "authorization.short-tokens/announced": "The announced lifetime is an hour at most.",
    "revocation.access-token-dies/after-console-revoke": "The token dies after a revocation.",
    "revocation.access-token-dies/after-api-revoke": "The token dies after the app gave it back.",
    "revocation.console-lists-apps/all": "Each app with a grant appears in the list.",
    "pages.education-present/linked": "The page is there and says what it must.",
    "pages.reading-grade/education": "The page for members is readable.",
    "provider-access.opt-out-any-time/twice-a-day": "Opting out, in and out again is taken.",
    "provider-access.only-attributed/export": "The export holds attributed members only.",
    "household.representative-sees-represented/picker": "The picker offers the represented member.",
    "household.representative-sees-represented/read": "The represented member's record opens.",
    "discovery.capability-instantiates/stated": "The capability statement names its guides.",
    "discovery.batch/taken": "A batch of two reads is taken.",
    "transport.tls/old-protocols": "TLS 1.0 and 1.1 are refused.",
    "directory.public/no-token": "A search without a token is answered.",
    "directory.public/practitioners": "Practitioners are found by name without a token.",
}
NEEDS = {
    "claims.within-one-business-day/injected": ("control:inject-claim",),
    "revocation.access-token-dies/after-api-revoke": ("confidential_app",),
    "directory.public/practitioners": ("directory",),
}


def checks() -> list[Check]:
    """The checks of the sample, with their areas' titles."""
    return [
        Check(
            id=name,
            title=title,
            needs=NEEDS.get(name, ("member",)),
            prod=Prod.YES,
            module=f"{name.partition('.')[0]}/test_sample.py",
            area_title=f"{name.partition('.')[0].replace('-', ' ').capitalize()}: sample area.",
        )
        for name, title in CHECKS.items()
    ]


def sample_segments(folder: Path) -> list[Path]:
    """The segments of three processes, written into *folder*."""
    return [made().write(folder) for made in (first_process, second_process, third_process)]


def sample_run(folder: Path, name: str = "run.jsonl", **header: Any) -> RecordedRun:
    """The sample, joined into *folder*/*name*; *header* overrides keys of the header."""
    return join(sample_segments(folder), HEADER | header, REQUIREMENTS, checks(), folder / name)


def without_failures(run: RecordedRun) -> RecordedRun:
    """The same run as if everything that failed, warned or could not be told had passed."""
    mended = [replace(one, outcome=Outcome.PASSED) for one in run.results]
    return replace(run, results=tuple(mended))


def large_run(folder: Path, count: int) -> RecordedRun:
    """*count* passed results with three exchanges each, whose bodies are 8 KiB and all differ."""
    segment = Segment("gw0")
    for number in range(count):
        body = "".join(f'{{"line": {number * 1000 + line}}}\n' for line in range(520))[:8192]
        url = f"{BASE}/Observation/«id {number:06x}»"
        sent = tuple(segment.exchange(10 + part, url, response_body=body) for part in range(3))
        segment.result(
            "directory.public/no-token", Outcome.PASSED, params={"case": f"{number:05d}"},
            expected="an answer", observed=f"200 in {{x:{sent[0]}}}", evidence=sent[:1],
            exchanges=sent,
        )  # fmt: skip
    return join([segment.write(folder)], HEADER, REQUIREMENTS, checks(), folder / "run.jsonl")
