"""Requirements of the sample run, of every level and confidence."""

from __future__ import annotations

from typing import Any

from payerproof.model import Citation, Confidence, Level, Requirement, Severity


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
