"""The author's vocabulary: everything a check needs to import."""

from __future__ import annotations

from payerproof.expect import (
    expect,
    inconclusive_unless,
    not_applicable_unless,
    remark,
)
from payerproof.fhir.bulk import Export, Exports
from payerproof.fhir.client import FhirClient
from payerproof.fhir.reply import Reply
from payerproof.plugin.declared import Declared
from payerproof.plugin.exchange import Exchanges
from payerproof.plugin.exploring import explore
from payerproof.plugin.grants import Grant
from payerproof.plugin.hands import Api, Apps, Authorization, Lease, Portal, eventually
from payerproof.plugin.marks import check
from payerproof.plugin.observed import Observed
from payerproof.plugin.open_apis import OpenApi
from payerproof.plugin.operating import Operator
from payerproof.plugin.organisations import Organisation
from payerproof.plugin.parameters import each
from payerproof.plugin.people import Person
from payerproof.plugin.practice import Choices, Practice
from payerproof.plugin.revocation import Ended
from payerproof.smart.configuration import SmartConfiguration
from payerproof.smart.request import AuthorizationRequest
from payerproof.smart.tokens import TokenAnswer, TokenEndpoint
from payerproof.target import App, Clinic, OtherPayer, Persona, Target

__all__ = [
    "Api",
    "App",
    "Apps",
    "Authorization",
    "AuthorizationRequest",
    "Choices",
    "Clinic",
    "Declared",
    "Ended",
    "Exchanges",
    "Export",
    "Exports",
    "FhirClient",
    "Grant",
    "Lease",
    "Observed",
    "OpenApi",
    "Operator",
    "Organisation",
    "OtherPayer",
    "Person",
    "Persona",
    "Portal",
    "Practice",
    "Reply",
    "SmartConfiguration",
    "Target",
    "TokenAnswer",
    "TokenEndpoint",
    "check",
    "each",
    "eventually",
    "expect",
    "explore",
    "inconclusive_unless",
    "not_applicable_unless",
    "remark",
]
