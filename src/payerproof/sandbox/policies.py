"""All decisions of the payer that an engineer could get wrong, in one replaceable value."""

from __future__ import annotations

from dataclasses import dataclass, field

from payerproof.sandbox.desk import DeskPolicies
from payerproof.sandbox.fhir.policy import FhirPolicies
from payerproof.sandbox.intake import IntakePolicies
from payerproof.sandbox.oauth.policy import OAuthPolicies
from payerproof.sandbox.partners.policy import PartnerPolicies
from payerproof.sandbox.portal.policy import PortalPolicies
from payerproof.sandbox.public.policy import PublicPolicies
from payerproof.sandbox.transport import TransportPolicies


@dataclass(frozen=True)
class Policies:
    """The correct decisions; a defect is `dataclasses.replace` of one field of one of the eight."""

    oauth: OAuthPolicies = field(default_factory=OAuthPolicies)
    portal: PortalPolicies = field(default_factory=PortalPolicies)
    fhir: FhirPolicies = field(default_factory=FhirPolicies)
    partners: PartnerPolicies = field(default_factory=PartnerPolicies)
    public: PublicPolicies = field(default_factory=PublicPolicies)
    desk: DeskPolicies = field(default_factory=DeskPolicies)
    intake: IntakePolicies = field(default_factory=IntakePolicies)
    transport: TransportPolicies = field(default_factory=TransportPolicies)
