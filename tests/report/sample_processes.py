"""What the three processes of the sample run did and found."""

from __future__ import annotations

from sample_payer import BASE
from sample_segment import Segment, png

from payerproof.model import Outcome

ELEMENTS = (
    "type", "use", "patient", "billablePeriod", "created", "insurer", "provider", "outcome",
    "careTeam.provider", "supportingInfo.category", "diagnosis.diagnosis[x]", "insurance.coverage",
    "item.sequence", "item.productOrService", "item.serviced[x]", "item.adjudication.category",
    "item.adjudication.amount", "adjudication.category", "total.category", "total.amount",
    "payment.date", "payment.type", "payee.type", "payee.party",
)  # fmt: skip
MISSING = frozenset(ELEMENTS[i] for i in (8, 9, 12, 15, 20))


def first_process() -> Segment:
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


def second_process() -> Segment:
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


def third_process() -> Segment:
    gw2 = Segment("gw2")
    page = gw2.exchange(
        90,
        "https://sandbox.payer.example/apps",
        via="browser",
        response_body="«text/html, 9210 characters»",
        response_headers={"Content-Type": "text/html"},
    )
    shot = gw2.evidence(
        "screenshot", "The list of connected apps, names masked", exchanges=(page,), image=png()
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
