"""Three worked examples: a policy, a page, and a decision cached in the wrong place."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from payerproof.sandbox.defects import Defect, register
from payerproof.sandbox.oauth.asking import audience_is_ours
from payerproof.sandbox.portal.pages import template_source

if TYPE_CHECKING:
    from payerproof.sandbox.tenant import Tenant, TenantSpec


def _code_reusable(spec: TenantSpec) -> TenantSpec:
    oauth = replace(spec.policies.oauth, code_was_used=lambda _code: False)
    return replace(spec, policies=replace(spec.policies, oauth=oauth))


register(
    Defect(
        id="code-reusable",
        area="authorization",
        cites=("N-OAUTH-05",),
        title="An authorization code is good as often as it is presented",
        apply=_code_reusable,
    )
)


def _any_audience_of_host(tenant: Tenant, aud: str) -> bool:
    return audience_is_ours(tenant, aud) or aud.startswith(tenant.base.rpartition("/")[0])


def _audience_by_prefix(spec: TenantSpec) -> TenantSpec:
    oauth = replace(spec.policies.oauth, audience_is_ours=_any_audience_of_host)
    return replace(spec, policies=replace(spec.policies, oauth=oauth))


register(
    Defect(
        id="audience-by-prefix",
        area="authorization",
        cites=("N-OAUTH-10",),
        title="Any audience on the payer's host is taken for the FHIR server",
        apply=_audience_by_prefix,
    )
)


def _no_risk_statement(spec: TenantSpec) -> TenantSpec:
    source = template_source("consent.html.j2")
    start = source.index("<h2>Before you decide</h2>")
    end = source.index("<p>You can stop sharing at any time")
    page = source[:start] + '<div class="note">\n' + source[end:]
    return replace(spec, templates=MappingProxyType({**spec.templates, "consent.html.j2": page}))


register(
    Defect(
        id="consent-without-risk-statement",
        area="consent",
        cites=("N-REV-16",),
        title="The consent page doesn't say that data leave the plan's protection",
        apply=_no_risk_statement,
    )
)
