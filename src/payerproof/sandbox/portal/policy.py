"""Every decision of the member portal, each a small function that can be replaced."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from payerproof.sandbox.oauth.authorize import redirect
from payerproof.sandbox.portal import connected, deciding, factors, pages, visit

if TYPE_CHECKING:
    from payerproof.sandbox.apps import App
    from payerproof.sandbox.data.world import Person
    from payerproof.sandbox.oauth.model import AuthorizationRequest
    from payerproof.sandbox.portal.classes import Item
    from payerproof.sandbox.portal.connected import ConnectedApp
    from payerproof.sandbox.portal.deciding import ConsentView, Step
    from payerproof.sandbox.portal.sessions import Journey, Session
    from payerproof.sandbox.tenant import Tenant


@dataclass(frozen=True)
class PortalPolicies:
    """The correct portal."""

    # signing in
    normalised: Callable[[str], str] = factors.normalised
    password_is_right: Callable[[Tenant, str, str], Person | None] = factors.password_is_right
    second_factor_is_needed: Callable[[Tenant, Person], bool] = factors.second_factor_is_needed
    code_is_right: Callable[[Tenant, Person, str], bool] = factors.code_is_right
    matching_step: Callable[[Tenant, Person, str], int | None] = factors.matching_step
    code_is_unused: Callable[[Tenant, Person, int], bool] = factors.code_is_unused
    is_locked: Callable[[Tenant, str], bool] = factors.is_locked
    failed: Callable[[Tenant, str], int] = factors.failed
    pause_before_answer: Callable[[Tenant, int], float] = factors.pause_before_answer
    wrong_message: Callable[[Tenant, str], str] = factors.wrong_message
    signed_in: Callable[[Tenant, Session, str], None] = factors.signed_in
    pending_person: Callable[[Tenant, Session], Person | None] = factors.pending_person
    is_signed_in: Callable[[Tenant, Session, Journey], bool] = deciding.is_signed_in
    next_step: Callable[[Tenant, Session, Journey], Step] = deciding.next_step
    take_over: Callable[[Tenant, Request, Journey], Awaitable[Response]] = visit.take_over

    # whose record
    members_open_to: Callable[[Tenant, Person], tuple[Person, ...]] = deciding.members_open_to
    may_choose: Callable[[Tenant, Person, str], bool] = deciding.may_choose
    picker_is_needed: Callable[[Tenant, Person], bool] = deciding.picker_is_needed
    preselected_member: Callable[[Tenant, Person], str] = deciding.preselected_member

    # consent
    data_items: Callable[[Tenant, AuthorizationRequest], tuple[Item, ...]] = deciding.data_items
    extra_items: Callable[[Tenant, AuthorizationRequest], tuple[Item, ...]] = deciding.extra_items
    approved_scopes: Callable[[AuthorizationRequest, frozenset[str]], tuple[str, ...]] = (
        deciding.approved_scopes
    )
    sensitive_is_shared: Callable[[frozenset[str]], bool] = deciding.sensitive_is_shared
    attestation_words: Callable[[App], str] = deciding.attestation_words
    end_words: Callable[[Tenant], str] = deciding.end_words
    consent_view: Callable[[Tenant, AuthorizationRequest, Person, str], ConsentView] = (
        deciding.consent_view
    )
    allow: Callable[[Tenant, AuthorizationRequest, Person, str, frozenset[str], float], str] = (
        deciding.allow
    )
    decline: Callable[[Tenant, AuthorizationRequest, str, str], str] = deciding.decline
    refuse_without_record: Callable[[Tenant, AuthorizationRequest], str] = (
        deciding.refuse_without_record
    )
    finish: Callable[[Tenant, AuthorizationRequest, Person, str, float], str] = deciding.finish
    back_to_app: Callable[[str], Response] = redirect

    # connected apps
    connected_apps: Callable[[Tenant, str], tuple[ConnectedApp, ...]] = connected.connected_apps
    disconnect: Callable[[Tenant, str, ConnectedApp], None] = connected.disconnect
    end_message: Callable[[Tenant, str, str], str] = connected.end_message
    portal_needs_sign_in: Callable[[Tenant, Session], bool] = connected.portal_needs_sign_in

    # pages
    error_page: Callable[[Tenant, int, str, str], Response] = pages.error_page
    csrf_is_right: Callable[[Session, str], bool] = pages.csrf_is_right
    page_headers: Callable[[Tenant, Journey | None], dict[str, str]] = pages.page_headers
    cookie_name: Callable[[Tenant], str] = pages.cookie_name
    cookie_attributes: Callable[[Tenant], str] = pages.cookie_attributes
    page_language: Callable[[Tenant, Request], str] = pages.page_language
