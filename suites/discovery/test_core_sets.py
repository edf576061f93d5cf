"""The sets of capabilities and scopes that SMART and CARIN Blue Button ask for."""

from __future__ import annotations

from payerproof.smart.scopes import opens
from payerproof.suite import SmartConfiguration, check, expect, inconclusive_unless


@check("standards.smart-version/capability-set")
def test_smart_core_set(smart: SmartConfiguration) -> None:
    """capabilities hold the core set of SMART 1.0.0 or of SMART 2 for standalone patient access."""
    inconclusive_unless(smart.document, "there is no configuration to look at", smart.exchange)
    listed = set(smart.capabilities)
    client = {"client-public", "client-confidential-symmetric"} & listed
    core = {"launch-standalone", "context-standalone-patient", "permission-patient"}
    missing = sorted(core - listed)
    expect.that(
        not missing and bool(client),
        "the capability set for patient access by standalone apps",
        f"missing: {', '.join(missing) or 'client-public or client-confidential-symmetric'}"
        if missing or not client
        else "the set is complete",
        smart.exchange,
    )


@check("carin-bb.smart-core/capabilities")
def test_carin_capabilities(smart: SmartConfiguration) -> None:
    """The SMART capabilities CARIN Blue Button asks for are listed."""
    inconclusive_unless(smart.document, "there is no configuration to look at", smart.exchange)
    wanted = (
        "launch-standalone",
        "client-public",
        "client-confidential-symmetric",
        "sso-openid-connect",
        "context-standalone-patient",
        "permission-offline",
        "permission-patient",
    )
    missing = [name for name in wanted if name not in smart.capabilities]
    expect.that(
        not missing,
        ", ".join(wanted),
        f"missing: {', '.join(missing)}" if missing else "all are listed",
        smart.exchange,
    )


@check("carin-bb.smart-core/scopes-supported")
def test_carin_scopes(smart: SmartConfiguration) -> None:
    """scopes_supported holds CARIN's minimum scopes or wildcards that contain them."""
    scopes = smart.listed("scopes_supported")
    plain = [name for name in ("openid", "fhirUser", "launch/patient") if name not in scopes]
    types = ("ExplanationOfBenefit", "Coverage", "Patient", "Organization", "Practitioner")
    closed = [kind for kind in types if not opens(scopes, kind, "r")]
    expect.that(
        not plain and not closed,
        "openid, fhirUser, launch/patient and reading " + ", ".join(types),
        f"missing: {', '.join([*plain, *closed])}" if plain or closed else "all are listed",
        smart.exchange,
    )
