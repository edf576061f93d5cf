"""UDAP metadata of the Provider Access API: whether the signed part proves what it says."""

from __future__ import annotations

from payerproof.fhir.reply import Reply
from payerproof.smart.udap import (
    SignedMetadata,
    endpoint_troubles,
    signature_trouble,
    signed_metadata,
    time_trouble,
    today,
)
from payerproof.suite import (
    Clinic,
    Organisation,
    check,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)

NEEDS = ("clinic",)


@check("provider-access.udap-signed/signature", needs=NEEDS)
def test_the_metadata_are_signed(clinic: Organisation[Clinic]) -> None:
    """The key of the first certificate in x5c made the signature, and the chain holds."""
    # given UDAP metadata
    reply = _published(clinic)
    # when the signature of their signed part is verified
    signed = signed_metadata(reply.body)
    trouble = signature_trouble(signed, today()) if signed else "it is no JWT of three parts"
    # then it is the certificate's
    expect.that(
        not trouble,
        "signed_metadata whose signature verifies by its x5c",
        trouble or "it verifies, and so does its chain",
        reply.exchange,
    )


@check("provider-access.udap-signed/issuer", needs=NEEDS)
def test_the_signer_is_the_api(clinic: Organisation[Clinic]) -> None:
    """iss is the API's base, sub the same, and the certificate names it as a URI."""
    # given the signed part of UDAP metadata
    reply, signed = _signed(clinic)
    # when issuer and subject are held against the base and the certificate
    base = clinic.base.rstrip("/")
    told = {name: str(signed.claims.get(name, "")) for name in ("iss", "sub")}
    lacking = [name for name, value in told.items() if value.rstrip("/") != base]
    named = told["iss"] in signed.uris
    # then all say the same
    expect.that(
        not lacking and named,
        "iss and sub equal to the base, and iss among the certificate's URIs",
        f"not the base: {', '.join(lacking) or 'none'}; "
        f"the certificate {'names' if named else 'does not name'} iss",
        reply.exchange,
    )


@check("provider-access.udap-signed/in-date", needs=NEEDS)
def test_the_signature_is_in_date(clinic: Organisation[Clinic]) -> None:
    """It has iat, exp and jti, has not expired, and lasts a year at most."""
    # given the signed part of UDAP metadata
    reply, signed = _signed(clinic)
    # then it holds today, and not for ever
    trouble = time_trouble(signed, today())
    named = isinstance(signed.claims.get("jti"), str) and bool(signed.claims["jti"])
    expect.that(
        not trouble and named,
        "iat, exp within a year and yet to come, and a jti",
        trouble or ("in date" if named else "no jti"),
        reply.exchange,
    )


@check("provider-access.udap-signed/endpoints", needs=NEEDS)
def test_the_endpoints_are_the_signed_ones(clinic: Organisation[Clinic]) -> None:
    """Every endpoint is signed, and the plain metadata say the same."""
    # given the signed part of UDAP metadata
    reply, signed = _signed(clinic)
    # then its endpoints are those of the plain one
    differing = endpoint_troubles(signed, reply.body)
    expect.that(
        not differing,
        "the same https endpoints signed and unsigned",
        f"missing or different: {', '.join(differing) or 'none'}",
        reply.exchange,
    )


def _published(clinic: Organisation[Clinic]) -> Reply:
    """UDAP metadata, which answer anybody; 404 says that there are none."""
    reply = clinic.remembering.get(".well-known/udap", accept="application/json")
    not_applicable_unless(reply.status == 200, "The payer offers no UDAP.", reply.exchange)
    return reply


def _signed(clinic: Organisation[Clinic]) -> tuple[Reply, SignedMetadata]:
    reply = _published(clinic)
    signed = signed_metadata(reply.body)
    inconclusive_unless(signed, "signed_metadata is no JWT, so it says nothing", reply.exchange)
    assert signed is not None
    return reply, signed
