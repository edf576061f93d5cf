"""Cross-origin calls: a page elsewhere cannot act with the member's session."""

from __future__ import annotations

from payerproof.expect.doorstep import knock
from payerproof.polite import Answer
from payerproof.suite import (
    Api,
    Apps,
    Authorization,
    Person,
    SmartConfiguration,
    check,
    each,
    expect,
)

FOREIGN = "https://payerproof.invalid"
PREFLIGHT = {"Origin": FOREIGN, "Access-Control-Request-Method": "GET"}


@check("oauth.no-cors-at-authorize/foreign-origin", needs=("public_app",))
def test_no_cross_origin_authorization(api: Api, apps: Apps, authorization: Authorization) -> None:
    """The authorization endpoint grants no cross-origin access."""
    # given a correct authorization request
    request = authorization.request(apps.of_type("public")[-1])
    # when a script of another site sends it, or asks whether it may
    answers = [
        knock(api, request, origin=FOREIGN),
        api.send("OPTIONS", request.endpoint, headers=PREFLIGHT),
    ]
    # then the browser is not told to let it read the answer
    open_ones = [answer for answer in answers if "access-control-allow-origin" in answer.headers]
    expect.that(
        not open_ones,
        "no Access-Control-Allow-Origin",
        "; ".join(_told(answer) for answer in open_ones or answers),
        *(answer.exchange for answer in open_ones or answers),
    )


@check("oauth.cors-not-credentialed/foreign-origin", needs=("member",))
@each("endpoint", ("fhir", "token"))
def test_no_credentials_across_origins(
    api: Api, smart: SmartConfiguration, member: Person, endpoint: str
) -> None:
    """The endpoint never allows a foreign origin together with credentials."""
    # given the two endpoints that scripts of apps may call
    token = api.grant_of(member).access_token
    calls = {
        "fhir": ("GET", api.anonymous().url(f"Patient/{member.patient_id}"), token),
        "token": ("POST", smart.endpoint("token_endpoint"), ""),
    }
    method, url, bearer = calls[endpoint]
    # when a script of an unknown site calls one, or asks whether it may
    answers = [
        api.send(method, url, headers={"Origin": FOREIGN}, bearer=bearer),
        api.send(
            "OPTIONS", url, headers={"Origin": FOREIGN, "Access-Control-Request-Method": method}
        ),
    ]
    # then cookies are not let along
    open_ones = [
        answer
        for answer in answers
        if answer.headers.get("access-control-allow-origin") in (FOREIGN, "*", "null")
        and (answer.headers.get("access-control-allow-credentials") or "").lower() == "true"
    ]
    expect.that(
        not open_ones,
        "no foreign origin allowed together with credentials",
        "; ".join(_told(answer) for answer in open_ones or answers),
        *(answer.exchange for answer in open_ones or answers),
    )


def _told(answer: Answer) -> str:
    origin = answer.headers.get("access-control-allow-origin") or "no origin"
    credentials = answer.headers.get("access-control-allow-credentials") or "not mentioned"
    return f"{origin} allowed, credentials {credentials} ({{x:{answer.exchange}}})"
