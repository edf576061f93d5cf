"""A realistic run made in code: 64 results of every outcome, with exchanges and a screenshot."""

from __future__ import annotations

import base64
import struct
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

from payerproof.model import (
    Check,
    Citation,
    Confidence,
    Evidence,
    Exchange,
    Level,
    Outcome,
    Prod,
    Requirement,
    Result,
    Severity,
)
from payerproof.runfile import RecordedRun, join
from payerproof.runfile.lines import to_content, to_line

BASE = "https://sandbox.payer.example/fhir"
SECRET = "correct-horse-battery-staple"

HEADER: dict[str, Any] = {
    "run": "20261121T140200Z-7f3c19",
    "started": "2026-11-21T14:02:00.000Z",
    "suite_version": "0.1.0",
    "edition": "2026-10",
    "as_of": "2026-11-21",
    "command": "payerproof run sandbox --as-of 2026-11-21",
    "environment": {"python": "3.11.9", "platform": "Linux x86_64", "browser": "Chromium 147"},
    "operator": "Jordan Example, quality assurance",
    "organisation": "Example Health Plan",
    "target": {
        "name": "Example Health Plan",
        "programmes": ["MA", "QHP_FFE"],
        "state": "OR",
        "environment": "sandbox",
        "endpoints": {
            "patient_access": BASE,
            "provider_access": "https://sandbox.payer.example/provider/fhir",
            "directory": "https://sandbox.payer.example/directory/fhir",
        },
        "pages": {"member_education": "https://sandbox.payer.example/your-data"},
        "synthetic": True,
        "digest": "5b1f" * 16,
    },
    "guides": {"smart": "2.2.0", "carin_bb": "2.1.0", "us_core": "6.1.0"},
    "selection": None,
    "limits": {"requests_per_second": 5.0, "concurrency": 4, "deadline_seconds": 30},
    "policy": {"date_floor": "2016-01-01", "revocation_limit_seconds": 3600},
    "personas": [
        {"id": "ada", "role": "member", "synthetic": True},
        {"id": "cho", "role": "member", "synthetic": True},
        {"id": "gus", "role": "representative", "synthetic": True},
    ],
    "apps": [
        {"id": "pocket", "type": "public"},
        {"id": "ledger", "type": "confidential-symmetric"},
    ],
    "login": "browser",
    "exam_digest": "a1b2" * 16,
    "environment_digest": "c3d4" * 16,
}


BUNDLE = """{
  "resourceType": "Bundle",
  "type": "searchset",
  "total": 3,
  "entry": [
    {
      "fullUrl": "«url, 61 characters»",
      "resource": {
        "resourceType": "ExplanationOfBenefit",
        "id": "«id 77ab02»",
        "status": "active",
        "patient": {"reference": "Patient/«member id 9d20ff»"}
      }
    }
  ]
}"""


def _cfr(paragraph: str, section: str = "42 CFR 422.119", *programmes: str) -> Citation:
    return Citation(source=section, locator=paragraph, programmes=programmes)


def _requirement(name: str, text: str, level: Level, citations: tuple[Citation, ...], **more: Any):
    fields: dict[str, Any] = {
        "severity": Severity.HIGH,
        "actors": ("fhir-server",),
        "applies_to": ("ANY_PAYER",),
        "met": text,
        "unmet": f"This does not hold: {text[0].lower()}{text[1:]}",
        "remediation": "Compare the access decision with the grant on every path and page.",
        "why": "Members trust that their record is opened by nobody they did not name.",
    }
    return Requirement(id=name, text=text, level=level, citations=citations, **{**fields, **more})


SMART = Citation("SMART App Launch 2.2.0", "section 3.1", "https://hl7.org/fhir/smart-app-launch/")
RFC = Citation("RFC 6749", "section 10.5", "https://www.rfc-editor.org/rfc/rfc6749#section-10.5")
MA = _cfr("(a)", "42 CFR 422.119", "MA")
QHP = _cfr("(a)", "45 CFR 156.221", "QHP_FFE")

REQUIREMENTS = [
    _requirement(
        "isolation.cross-member",
        "One member's token opens only that member's record.",
        Level.SHALL_NOT,
        (MA, QHP, _cfr("(a)(1)", "45 CFR 164.312")),
        severity=Severity.CRITICAL,
        met="A token granted by one member opened nobody else's record.",
        unmet="A token granted by one member opened another member's record.",
        actors=("fhir-server", "authorization-server"),
        remediation="Bind every read and search to the patient of the token, on every page of it.",
    ),
    _requirement(
        "claims.must-support",
        "Each claim carries the elements that the guide marks as must-support.",
        Level.SHALL,
        (Citation("CARIN Blue Button 2.1.0", "section 5.2"), _cfr("(c)(3)(i)")),
        met="Every must-support element was found in at least one claim.",
        unmet="Must-support elements were found in no claim although the member has such claims.",
        actors=("data-feed",),
    ),
    _requirement(
        "claims.within-one-business-day",
        "A claim is available one business day after it was processed.",
        Level.SHALL,
        (_cfr("(b)(1)(i)"),),
        met="Processed claims were available within one business day.",
        unmet="A processed claim was not available within one business day.",
    ),
    _requirement(
        "authorization.code-once",
        "An authorization code works once.",
        Level.SHALL,
        (RFC, SMART),
        met="A code that had been used was refused.",
        unmet="A code that had been used was accepted again.",
        actors=("authorization-server",),
        severity=Severity.MEDIUM,
    ),
    _requirement(
        "authorization.pkce",
        "Public apps prove possession of the code with PKCE.",
        Level.SHALL,
        (SMART,),
        met="A code without its verifier was refused.",
        unmet="A code without its verifier was accepted.",
        actors=("authorization-server",),
    ),
    _requirement(
        "authorization.short-tokens",
        "Access tokens last one hour at most.",
        Level.SHOULD,
        (SMART,),
        met="Access tokens lasted one hour at most.",
        unmet="An access token was announced for longer than an hour.",
        actors=("authorization-server",),
        severity=Severity.LOW,
    ),
    _requirement(
        "revocation.access-token-dies",
        "After a member revokes an app, its access token stops working.",
        Level.SHALL,
        (_cfr("(e)(2)"), Citation("RFC 7009", "section 2")),
        met="After the revocation the access token was refused.",
        unmet="After the revocation the access token still opened the record.",
        severity=Severity.CRITICAL,
        actors=("authorization-server", "fhir-server"),
    ),
    _requirement(
        "revocation.console-lists-apps",
        "The member finds every connected app in one place.",
        Level.SHOULD,
        (_cfr("(g)(1)", "42 CFR 422.119", "MA"),),
        met="Every connected app was listed.",
        unmet="A connected app was missing from the list.",
        confidence=Confidence.SECONDARY,
        actors=("portal",),
    ),
    _requirement(
        "pages.education-present",
        "A public page tells members in plain words what sharing with an app means.",
        Level.SHALL,
        (_cfr("(g)"), _cfr("(g)", "45 CFR 156.221", "QHP_FFE")),
        met="The page says what sharing means.",
        unmet="No such page was found.",
        actors=("pages",),
    ),
    _requirement(
        "pages.reading-grade",
        "The page for members reads at the grade the plan has set.",
        Level.SHOULD,
        (_cfr("(g)"),),
        met="The page reads at grade 8 or below.",
        unmet="The page reads above grade 8.",
        actors=("pages",),
        severity=Severity.LOW,
    ),
    _requirement(
        "provider-access.opt-out-any-time",
        "A member may opt out of provider access at any time.",
        Level.SHALL,
        (_cfr("(a)(4)(i)", "42 CFR 422.121", "MA"),),
        effective="2027-01-01",
        lifecycle="from-2027",
        met="Each change of mind was taken.",
        unmet="A change of mind was not taken.",
    ),
    _requirement(
        "provider-access.only-attributed",
        "A provider receives data of attributed members only.",
        Level.SHALL,
        (_cfr("(a)(2)", "42 CFR 422.121", "MA"),),
        effective="2027-01-01",
        lifecycle="from-2027",
        met="Data of attributed members only was given.",
        unmet="Data of a member who is not attributed was given.",
        severity=Severity.CRITICAL,
    ),
    _requirement(
        "household.representative-sees-represented",
        "A representative reaches the record of whom they represent.",
        Level.SHALL,
        (_cfr("(a)"), _cfr("(g)", "45 CFR 164.502")),
        met="The representative reached that record.",
        unmet="The representative did not reach that record.",
        actors=("portal", "authorization-server"),
    ),
    _requirement(
        "discovery.capability-instantiates",
        "The capability statement names the guides it follows.",
        Level.SHOULD,
        (Citation("US Core 6.1.0", "section 2.1"),),
        met="The capability statement names its guides.",
        unmet="The capability statement names no guide.",
        severity=Severity.LOW,
    ),
    _requirement(
        "discovery.batch",
        "The server may take batches.",
        Level.MAY,
        (Citation("FHIR R4", "section 3.1.0.11"),),
        met="Batches are taken.",
        unmet="Batches are refused.",
        severity=Severity.LOW,
    ),
    _requirement(
        "transport.tls",
        "Only TLS 1.2 and later is spoken.",
        Level.SHALL,
        (Citation("BCP 195", "RFC 9325, section 3.1.1"), _cfr("(c)(1)")),
        met="Only TLS 1.2 and later was accepted.",
        unmet="An older protocol was accepted.",
        actors=("edge",),
    ),
    _requirement(
        "patient-access.retention-procedure",
        "The plan keeps a written procedure for routine testing of the API.",
        Level.SHALL,
        (_cfr("(c)(2)"),),
        not_tested_because="not observable from outside",
        actors=("payer",),
    ),
    _requirement(
        "medicaid.managed-care-contract",
        "The contract of the managed care plan names the API.",
        Level.SHALL,
        (_cfr("(b)(5)", "42 CFR 438.242", "MEDICAID_MCO"),),
        applies_to=("MEDICAID_MCO",),
        actors=("payer",),
    ),
    _requirement(
        "directory.public",
        "The provider directory opens without a login.",
        Level.SHALL,
        (_cfr("(a)", "42 CFR 422.120", "MA"),),
        met="The directory answered without a token.",
        unmet="The directory asked for a token.",
    ),
]

BY_ID = {one.id: one for one in REQUIREMENTS}


def _png(width: int = 480, height: int = 300) -> str:
    """A small picture of a page with a masked line, as base64 of a PNG."""
    white, grey, black = b"\xff\xff\xff", b"\xd8\xdd\xe6", b"\x1b\x1f\x24"
    rows = []
    for y in range(height):
        line = grey * width if y < 40 else white * width
        if 80 <= y < 100 or 200 <= y < 230:
            inner = black if y < 100 else grey
            line = white * 60 + inner * 220 + white * (width - 280)
        rows.append(b"\0" + line)

    def chunk(name: bytes, data: bytes) -> bytes:
        body = name + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"".join(rows), 9))
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + parts + chunk(b"IEND", b"")).decode()


_MARKS = {"«": "\u2039", "»": "\u203a"}
"""The sample writes redacted spots as «id 77ab02»."""


class Segment:
    """Writes a segment the way a process of a run does."""

    def __init__(self, process: str) -> None:
        self.process, self.lines, self.count = process, [], 0

    def _id(self) -> str:
        self.count += 1
        return f"{self.process}-{self.count}"

    def _put(self, kind: str, item: Any) -> None:
        line = to_line(kind, to_content(item))
        for written, mark in _MARKS.items():
            line = line.replace(written.encode(), mark.encode())
        self.lines.append(line)

    def exchange(self, second: float, url: str, **more: Any) -> str:
        minute, rest = divmod(second, 60)
        fields: dict[str, Any] = {
            "duration_ms": 140 + 7 * self.count,
            "method": "GET",
            "request_headers": {
                "Accept": "application/fhir+json",
                "Authorization": "Bearer «access token 3f9ac1»",
            },
            "request_body": "",
            "status": 200,
            "response_headers": {
                "Content-Type": "application/fhir+json",
                "Date": "«text, 29 characters»",
            },
            "response_body": BUNDLE,
            "response_bytes": 18_432,
            "persona": "ada",
            "app": "pocket",
        }
        name = self._id()
        started = f"2026-11-21T14:{2 + int(minute):02d}:{rest:06.3f}Z"
        self._put("exchange", Exchange(id=name, started=started, url=url, **{**fields, **more}))
        return name

    def evidence(self, kind: str, caption: str, **more: Any) -> str:
        name = self._id()
        self._put("evidence", Evidence(id=name, kind=kind, caption=caption, **more))
        return name

    def result(self, check: str, outcome: Outcome, second: float = 30, **more: Any) -> None:
        minute, rest = divmod(second, 60)
        fields: dict[str, Any] = {
            "started": f"2026-11-21T14:{2 + int(minute):02d}:{rest:06.3f}Z",
            "duration_ms": 812,
            "personas": ("ada",),
        }
        made = Result(check, check.partition("/")[0], outcome, **{**fields, **more})
        self._put("result", made)

    def note(self, text: str) -> None:
        self.lines.append(to_line("note", {"text": text}))

    def write(self, folder: Path) -> Path:
        path = folder / f"{self.process}.jsonl"
        path.write_bytes(b"".join(self.lines))
        return path


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


ELEMENTS = (
    "type", "use", "patient", "billablePeriod", "created", "insurer", "provider", "outcome",
    "careTeam.provider", "supportingInfo.category", "diagnosis.diagnosis[x]", "insurance.coverage",
    "item.sequence", "item.productOrService", "item.serviced[x]", "item.adjudication.category",
    "item.adjudication.amount", "adjudication.category", "total.category", "total.amount",
    "payment.date", "payment.type", "payee.type", "payee.party",
)  # fmt: skip
MISSING = frozenset(ELEMENTS[i] for i in (8, 9, 12, 15, 20))


def _first_process() -> Segment:
    gw0 = Segment("gw0")
    own = gw0.exchange(4.1, f"{BASE}/ExplanationOfBenefit?patient=«member id 9d20ff»")
    other = gw0.exchange(
        4.6, f"{BASE}/ExplanationOfBenefit?patient=«member id 11c0de»", persona="cho"
    )
    leak = gw0.exchange(5.2, f"{BASE}/ExplanationOfBenefit?patient=«member id 11c0de»&_count=10")
    table = gw0.evidence(
        "table",
        "What of the other member was disclosed",
        exchanges=(leak,),
        rows=(
            {
                "resource": "ExplanationOfBenefit/«id 77ab02»",
                "element": "patient.reference",
                "seen": "«member id 11c0de»",
            },
            {
                "resource": "ExplanationOfBenefit/«id 77ab03»",
                "element": "identifier.value",
                "seen": "«text, 14 characters»",
            },
        ),
    )
    gw0.result(
        "isolation.cross-member/search",
        Outcome.FAILED,
        expected="nothing in the answer is about the other member",
        observed=f"3 of 3 claims in {{x:{leak}}} are about the other member",
        evidence=(leak, table),
        exchanges=(own, other, leak),
        personas=("ada", "cho"),
    )
    for name, resource in (("read", "Coverage"), ("next-page", "Observation")):
        refused = gw0.exchange(
            6, f"{BASE}/{resource}/«id 5a5a5a»", status=404, response_body="", response_bytes=0
        )
        gw0.result(
            f"isolation.cross-member/{name}",
            Outcome.PASSED,
            expected="nothing in the answer is about the other member",
            observed=f"{{x:{refused}}} answered 404 without a body",
            evidence=(refused,),
            exchanges=(own, refused),
            params={"resource": resource},
        )
    claims = gw0.exchange(8, f"{BASE}/ExplanationOfBenefit?_count=50")
    for element in ELEMENTS:
        missing = element in MISSING
        gw0.result(
            "claims.must-support/element",
            Outcome.FAILED if missing else Outcome.PASSED,
            params={"element": f"ExplanationOfBenefit.{element}", "guide": "carin-bb 2.1.0"},
            expected="present in at least one of 14 claims",
            observed=f"present in 0 of 14 claims ({{x:{claims}}})"
            if missing
            else f"present ({{x:{claims}}})",
            evidence=(claims,),
            exchanges=(claims,),
        )
    gw0.result(
        "claims.within-one-business-day/injected",
        Outcome.NOT_TESTED,
        message="needs a control that injects a claim (controls.inject-claim in the payer file)",
    )
    gw0.note("Personas are synthetic, so bodies and screenshots were kept whole.")
    return gw0


def _second_process() -> Segment:
    gw1 = Segment("gw1")
    post = {
        "method": "POST",
        "request_headers": {"Content-Type": "application/x-www-form-urlencoded"},
        "request_body": "grant_type=authorization_code"
        "&code=«code 0be7aa»&client_id=«text, 6 characters»",
        "response_body": '{"error": "invalid_grant"}',
        "response_bytes": 26,
        "status": 400,
    }
    first = gw1.exchange(61, "https://sandbox.payer.example/oauth/token", **{**post, "status": 200})
    again = gw1.exchange(62, "https://sandbox.payer.example/oauth/token", **post)
    gw1.result(
        "authorization.code-once/replayed",
        Outcome.PASSED,
        expected="the second use is refused",
        observed=f"{{x:{again}}} answered 400 invalid_grant",
        evidence=(first, again),
        exchanges=(first, again),
    )
    for name in ("no-verifier", "wrong-verifier"):
        sent = gw1.exchange(64, "https://sandbox.payer.example/oauth/token", **post)
        gw1.result(
            f"authorization.pkce/{name}", Outcome.PASSED, expected="a refusal",
            observed=f"{{x:{sent}}} answered 400", evidence=(sent,), exchanges=(sent,),
        )  # fmt: skip
    gw1.result(
        "authorization.short-tokens/announced",
        Outcome.WARNING,
        expected="expires_in of 3600 or less",
        observed=f"expires_in of 86400 in {{x:{first}}}",
        evidence=(first,),
        exchanges=(first,),
    )
    alive = gw1.exchange(70, f"{BASE}/Patient", status=429, response_headers={"Retry-After": "2"})
    dead = gw1.exchange(
        75,
        f"{BASE}/Patient",
        status=None,
        response_headers={},
        response_body="",
        response_bytes=0,
        error="The connection was closed before an answer came.",
    )
    for persona in ("ada", "cho", "gus"):
        gw1.result(
            "revocation.access-token-dies/after-console-revoke",
            Outcome.INCONCLUSIVE if persona == "gus" else Outcome.PASSED,
            params={"persona": persona},
            message="The persona gus could not log in: the account is locked."
            if persona == "gus"
            else "",
            expected="the token is refused within 20 seconds",
            observed="" if persona == "gus" else f"refused ({{x:{alive}}})",
            evidence=() if persona == "gus" else (alive,),
            exchanges=(alive, dead),
        )
    for name in ("picker", "read"):
        gw1.result(
            f"household.representative-sees-represented/{name}",
            Outcome.INCONCLUSIVE,
            message="The persona gus could not log in: the account is locked.",
            exchanges=(dead,),
        )
    gw1.result(
        "revocation.access-token-dies/after-api-revoke",
        Outcome.NOT_TESTED,
        message="needs a confidential app (apps in the payer file)",
    )
    return gw1


def _third_process() -> Segment:
    gw2 = Segment("gw2")
    page = gw2.exchange(
        90,
        "https://sandbox.payer.example/apps",
        via="browser",
        response_body="«text/html, 9210 characters»",
        response_headers={"Content-Type": "text/html"},
    )
    shot = gw2.evidence(
        "screenshot", "The list of connected apps, names masked", exchanges=(page,), image=_png()
    )
    seen = gw2.evidence(
        "page",
        "What the page says",
        exchanges=(page,),
        text="Your connected apps\nPocket Health: connected since «date»\nRemove access",
    )
    gw2.result(
        "revocation.console-lists-apps/all",
        Outcome.WARNING,
        expected="Pocket Health and Ledger are listed",
        observed=f"Ledger is missing from the list in {{x:{page}}}",
        evidence=(page, shot, seen),
        exchanges=(page,),
    )
    education = gw2.exchange(
        92,
        "https://sandbox.payer.example/your-data",
        via="browser",
        response_headers={"Content-Type": "text/html"},
        response_body="«text/html, 30112 characters»",
    )
    for name, outcome in (
        ("pages.education-present/linked", Outcome.PASSED),
        ("pages.reading-grade/education", Outcome.WARNING),
    ):
        gw2.result(
            name,
            outcome,
            expected="what the page must say, below grade 8",
            observed=f"grade 11.2 in {{x:{education}}}",
            evidence=(education,),
            exchanges=(education,),
        )
    gw2.result(
        "provider-access.opt-out-any-time/twice-a-day",
        Outcome.NOT_TESTED,
        message="ahead of date: binds from 1 January 2027; today the third change was refused",
        exchanges=(education,),
    )
    gw2.result(
        "provider-access.only-attributed/export",
        Outcome.NOT_TESTED,
        message="needs a clinic (clinics in the payer file)",
    )
    gw2.result(
        "discovery.capability-instantiates/stated",
        Outcome.ERROR,
        message="Our reading of the capability statement stopped with an error.",
    )
    meta = gw2.exchange(
        95,
        BASE,
        method="POST",
        request_headers={"Content-Type": "application/fhir+json"},
        request_body='{"resourceType": "Bundle", "type": "batch"}',
        status=405,
        response_body="",
        response_bytes=0,
    )
    gw2.result(
        "discovery.batch/taken",
        Outcome.PASSED,
        message="Batches are refused with 405.",
        evidence=(meta,),
        exchanges=(meta,),
    )
    for version in ("1.0", "1.1"):
        probe = gw2.exchange(
            99,
            f"{BASE}/metadata",
            status=None,
            error=f"The server refused TLS {version}.",
            response_body="",
            response_headers={},
            response_bytes=0,
        )
        gw2.result(
            "transport.tls/old-protocols",
            Outcome.PASSED,
            params={"version": version},
            expected="a refused handshake",
            observed=f"refused ({{x:{probe}}})",
            evidence=(probe,),
            exchanges=(probe,),
        )
    search = gw2.exchange(
        101,
        "https://sandbox.payer.example/directory/fhir/Practitioner?name=«text, 4 characters»",
        request_headers={"Accept": "application/fhir+json"},
    )
    for kind in (
        "Practitioner",
        "Organization",
        "Location",
        "PractitionerRole",
        "HealthcareService",
        "InsurancePlan",
        "Endpoint",
        "OrganizationAffiliation",
    ):
        outcome = Outcome.NOT_APPLICABLE if kind == "InsurancePlan" else Outcome.PASSED
        gw2.result(
            "directory.public/no-token",
            outcome,
            params={"resource": kind},
            expected="an answer without a token",
            observed="" if kind == "InsurancePlan" else f"200 in {{x:{search}}}",
            message="The payer offers no plan directory." if kind == "InsurancePlan" else "",
            evidence=() if kind == "InsurancePlan" else (search,),
            exchanges=(search,),
        )
    for letter in "abcdef":
        gw2.result(
            "directory.public/practitioners",
            Outcome.PASSED,
            params={"name": letter},
            expected="an answer without a token",
            observed=f"200 in {{x:{search}}}",
            evidence=(search,),
            exchanges=(search,),
        )
    return gw2


def sample_segments(folder: Path) -> list[Path]:
    """The segments of three processes, written into *folder*."""
    return [made().write(folder) for made in (_first_process, _second_process, _third_process)]


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
