"""The Provider Access API on the named standards, as it describes itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from payerproof.plugin.practice.entry import DATA_EXPORT, GROUP_EXPORT, MATCH, offers
from payerproof.plugin.practice.matched import GOOD
from payerproof.suite import (
    Api,
    Clinic,
    Organisation,
    Person,
    Practice,
    check,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)

NEEDS = ("clinic",)
UDAP = (
    "udap_versions_supported",
    "udap_profiles_supported",
    "udap_authorization_extensions_supported",
    "udap_certifications_supported",
    "grant_types_supported",
    "token_endpoint",
    "token_endpoint_auth_methods_supported",
    "token_endpoint_auth_signing_alg_values_supported",
    "registration_endpoint",
    "signed_metadata",
)
"""Members that UDAP Security 1.1.0 requires of its metadata."""


@check("provider-access.api-standards/capability", needs=NEEDS)
def test_it_declares_fhir_and_exports(clinic: Organisation[Clinic]) -> None:
    """The CapabilityStatement tells FHIR R4, Group, and a way to export it."""
    # given the API's CapabilityStatement
    statement = clinic.capability
    inconclusive_unless(statement, "no CapabilityStatement came")
    # then it names what the rule names
    lacks = [
        name
        for name, there in {
            "FHIR 4.0.1": statement.get("fhirVersion") == "4.0.1",
            "Group": "Group" in _types(statement),
            "Patient": "Patient" in _types(statement),
            "an export of Groups": offers(clinic, DATA_EXPORT) or offers(clinic, GROUP_EXPORT),
        }.items()
        if not there
    ]
    expect.that(not lacks, "FHIR 4.0.1, Group, Patient and export", f"lacking: {lacks or 'none'}")


@check("provider-access.api-standards/backend-services", needs=NEEDS)
def test_it_announces_backend_services(clinic: Organisation[Clinic]) -> None:
    """The SMART configuration announces client_credentials with private_key_jwt and algorithms."""
    # given the API's SMART configuration
    found = clinic.configuration
    algorithms = found.listed("token_endpoint_auth_signing_alg_values_supported")
    # then what a client without a user needs is in it
    lacks = [
        name
        for name, there in {
            "token_endpoint": found.endpoint("token_endpoint").startswith("https://"),
            "client_credentials": "client_credentials" in found.listed("grant_types_supported"),
            "private_key_jwt": "private_key_jwt"
            in found.listed("token_endpoint_auth_methods_supported"),
            "ES384 or RS384": bool({"ES384", "RS384"} & set(algorithms)),
            "system scopes": any(
                one.startswith("system/") for one in found.listed("scopes_supported")
            ),
        }.items()
        if not there
    ]
    expect.that(
        not lacks,
        "all that backend services need",
        f"lacking: {', '.join(lacks)}" if lacks else "all of it",
        found.exchange,
    )


@check("provider-access.api-standards/match-of-2-2", needs=NEEDS)
def test_a_match_where_2_2_is_declared(clinic: Organisation[Clinic]) -> None:
    """Who declares PDex 2.2.0 offers $provider-member-match or an attribution Group."""
    # given a payer that declares PDex 2.2.0
    guides = [str(one) for one in clinic.capability.get("implementationGuide") or []]
    not_applicable_unless(
        any("davinci-pdex|2.2" in one for one in guides), "The payer declares no PDex 2.2."
    )
    # then there is a way for a clinic to its members
    groups = clinic.client.search("Group")
    ways = [offers(clinic, MATCH), bool(groups.matches)]
    expect.that(
        any(ways),
        "$provider-member-match, or a Group for the clinic",
        f"match: {ways[0]}, Group: {ways[1]}",
        groups.exchange,
    )


@check("provider-access.api-standards/match-declared", needs=NEEDS)
def test_a_match_that_works_is_declared(practice: Practice) -> None:
    """Where $provider-member-match works, the CapabilityStatement lists it."""
    # given the statement for clinics, and the operation tried where it does not stand there
    inconclusive_unless(practice.clinic.capability, "no CapabilityStatement came")
    tried = practice.unannounced()
    secret = tried.members(GOOD) if tried else ()
    not_applicable_unless(
        tried is None or secret,
        "The payer offers no match to clinics.",
        *(one.exchange for one in (tried.replies.values() if tried else ())),
    )
    # then clinics can learn of it (FHIR R4, RESTful API, capabilities)
    expect.that(
        not secret,
        "provider-member-match among the operations",
        "it matched a member, and is not declared" if secret else "it is declared",
        *(one.exchange for one in (tried.replies.values() if tried else ())),
    )


@check("provider-access.api-standards/udap", needs=NEEDS)
def test_udap_metadata_where_there_is_any(clinic: Organisation[Clinic]) -> None:
    """UDAP metadata, where they are published, have what UDAP requires."""
    # given the address of UDAP metadata, which answers anybody
    reply = clinic.remembering.get(".well-known/udap", accept="application/json")
    not_applicable_unless(reply.status == 200, "The payer offers no UDAP.", reply.exchange)
    # then they are complete
    document: Mapping[str, Any] = reply.body
    missing = [name for name in UDAP if name not in document]
    versions = [str(one) for one in document.get("udap_versions_supported") or []]
    expect.that(
        not missing and versions == ["1"],
        "all required members, version 1",
        f"missing: {', '.join(missing) or 'none'}; versions {versions}",
        reply.exchange,
    )


@check("provider-access.bulk-async/kick-off-to-file", needs=NEEDS)
def test_an_export_from_kick_off_to_file(practice: Practice) -> None:
    """A clinic's export is asked for, looked at, listed and fetched, each as the guide says."""
    # when a clinic exported its Group
    export = practice.full().export
    # then it was accepted, came to its end, and its files could be fetched
    fetched = [one for one in export.files if one.reply.status == 200]
    steps = {
        "202 to the kick-off": export.kick_off.status == 202,
        "Content-Location": bool(export.status_url),
        "a manifest": export.complete,
        "files": bool(fetched) and len(fetched) == len(export.files),
    }
    lacking = [name for name, there in steps.items() if not there]
    expect.that(
        not lacking,
        "202, an address, a manifest and files",
        f"lacking: {', '.join(lacking)}" if lacking else f"{len(fetched)} files",
        export.kick_off.exchange,
        export.last.exchange,
    )


@check("provider-access.apis-apart/members-token", needs=(*NEEDS, "member"))
def test_a_members_token_opens_nothing_here(
    api: Api, clinic: Organisation[Clinic], member: Person
) -> None:
    """The token of a member's app opens nothing at the API for clinics."""
    # given a member's token that works at the member's API
    grant = api.grant_of(member)
    own = api.as_(member).read("Patient", member.patient_id)
    inconclusive_unless(own.ok, "the member's token does not work", own.exchange)
    # when it is presented at the clinics' API
    client = clinic.with_token(grant.access_token)
    replies = [
        client.read("Patient", member.patient_id),
        client.search("Patient", [("_count", "1")]),
        client.search("Group", [("_count", "1")]),
    ]
    # then nothing comes
    expect(*replies).is_refused()


@check("provider-access.apis-apart/clinics-token", needs=(*NEEDS, "member"))
def test_a_clinics_token_opens_nothing_there(
    api: Api, clinic: Organisation[Clinic], member: Person
) -> None:
    """A clinic's token opens nothing at the member's API."""
    # given a clinic's token that works at the clinics' API
    own = clinic.client.search("Patient", [("_count", "1")])
    inconclusive_unless(own.ok, "the clinic's token does not work", own.exchange)
    # when it is presented at the members' API
    client = api.anonymous().with_token(clinic.grant.access_token)
    replies = [
        client.read("Patient", member.patient_id),
        client.search("ExplanationOfBenefit", [("patient", member.patient_id), ("_count", "1")]),
        client.search("Patient", [("_count", "1")]),
    ]
    # then nothing comes
    expect(*replies).is_refused()


def _types(statement: Mapping[str, Any]) -> set[str]:
    return {
        str(resource.get("type"))
        for rest in statement.get("rest") or []
        for resource in rest.get("resource") or []
    }
