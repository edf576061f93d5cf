"""The allow-lists: every word, header, parameter and code system whose value may be shown.

What is not listed here is replaced by its type and length. Each list holds published vocabulary
only (FHIR R4 code systems, OAuth and OpenID registries, HTTP field names, words of web paths), so
that a value found in it says nothing about a member.
"""

from __future__ import annotations

import re


def words(text: str) -> frozenset[str]:
    """The words of `text`, which are separated by blanks and line breaks."""
    return frozenset(text.split())


FHIR_CODES: dict[str, frozenset[str]] = {
    key: words(listed)
    for key, listed in {
        # FHIR R4 status code systems, all resources together
        "status": """
            active inactive suspended error off on draft retired unknown final preliminary
            registered amended corrected appended cancelled canceled entered-in-error completed
            in-progress not-done on-hold stopped intended planned arrived triaged onleave finished
            proposed pending booked fulfilled noshow checked-in waitlist accepted declined
            tentative requested received rejected ready failed current superseded generated
            preparation aborted partial issued open closed filed deceased replaced outdated
            revoked complete queued busy available unavailable success attested validated
            in-process req-revalid val-fail reval-fail locked resolved additional extensions
            empty terminated disputed executable executed negotiable policy renewed offered
            balanced billable billed not-billable processing published withdrawn accept
            health-unknown""",
        "intent": """
            proposal plan directive order original-order reflex-order filler-order
            instance-order option unknown""",
        "priority": "routine urgent asap stat",
        "use": """
            claim preauthorization predetermination usual official temp nickname anonymous old
            maiden secondary home work billing mobile complete""",
        "outcome": "queued complete error partial",
        "mode": "match include outcome client server working snapshot changes",
        "relation": "self first last next previous prev alternate search edit item related",
        "severity": "fatal error warning information mild moderate severe high low",
        "code": """
            invalid structure required value invariant security login unknown expired forbidden
            suppressed processing not-supported duplicate multiple-matches not-found deleted
            too-long code-invalid extension too-costly business-rule conflict transient
            lock-error no-store exception timeout incomplete throttled informational success""",
        "type": """
            document message transaction transaction-response batch batch-response history
            searchset collection person animal practitioner device medication substance
            physical virtual pharmacy both""",
        "method": "GET HEAD POST PUT DELETE PATCH",
        "fhirVersion": "3.0.1 3.0.2 4.0.0 4.0.1 4.3.0 5.0.0",
        "kind": "instance capability requirements",
        "criticality": "low high unable-to-assess",
        "system": "phone fax email pager url sms other",
        "comparator": "< <= >= >",
        "docStatus": "preliminary final amended entered-in-error",
        "contentType": """
            application/pdf application/fhir+json application/json application/fhir+ndjson
            application/ndjson application/xml text/plain text/html text/xml text/rtf
            application/xhtml+xml image/png image/jpeg""",
        "decision": "deny permit",
        "currency": "USD",
    }.items()
}
"""Code-typed FHIR elements by name, with the codes that may be shown."""

FHIR_NUMBERS = frozenset(
    {
        "total",
        "sequence",
        "careTeamSequence",
        "diagnosisSequence",
        "procedureSequence",
        "informationSequence",
        "itemSequence",
        "detailSequence",
        "subdetailSequence",
        "rank",
        "score",
    }
)
"""Counts and positions: numbers that say where something stands, not what it is."""

FHIR_BOOLEANS = frozenset({"active", "inactive", "focal", "primary", "preAuthRefRequired"})

OAUTH_NUMBERS = frozenset(
    {"expires_in", "refresh_expires_in", "ext_expires_in", "exp", "iat", "nbf", "auth_time"}
)
OAUTH_BOOLEANS = frozenset({"active", "need_patient_banner", "requiresAccessToken"})
OAUTH_CODES: dict[str, frozenset[str]] = {
    "token_type": frozenset({"Bearer", "bearer", "BEARER", "DPoP", "mac"}),
    "error": words("""
        invalid_request unauthorized_client access_denied unsupported_response_type invalid_scope
        server_error temporarily_unavailable invalid_client invalid_grant unsupported_grant_type
        invalid_token insufficient_scope unsupported_token_type interaction_required
        login_required account_selection_required consent_required invalid_request_uri
        invalid_request_object request_not_supported request_uri_not_supported
        registration_not_supported invalid_redirect_uri invalid_client_metadata
        invalid_software_statement unapproved_software_statement invalid_target use_dpop_nonce
        authorization_pending slow_down expired_token invalid_dpop_proof
        """),
    "grant_type": words("""
        authorization_code refresh_token client_credentials password implicit
        urn:ietf:params:oauth:grant-type:jwt-bearer urn:ietf:params:oauth:grant-type:device_code
        urn:ietf:params:oauth:grant-type:token-exchange
        """),
    "response_type": frozenset({"code", "token", "id_token", "none", "code id_token"}),
    "response_mode": frozenset({"query", "fragment", "form_post"}),
    "code_challenge_method": frozenset({"S256", "plain", "s256", "PLAIN"}),
    "prompt": frozenset({"none", "login", "consent", "select_account", "login consent"}),
    "display": frozenset({"page", "popup", "touch", "wap"}),
    "token_type_hint": frozenset({"access_token", "refresh_token", "id_token"}),
    "client_assertion_type": frozenset({"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}),
    "requested_token_type": frozenset({"urn:ietf:params:oauth:token-type:access_token"}),
    "_format": words("""
        json xml html application/fhir+json application/json application/fhir+xml
        application/fhir+ndjson application/ndjson ndjson
        """),
    "_outputFormat": frozenset({"application/fhir+ndjson", "application/ndjson", "ndjson"}),
    "_summary": frozenset({"true", "false", "text", "data", "count"}),
    "_total": frozenset({"none", "estimate", "accurate"}),
    "_contained": frozenset({"true", "false", "both"}),
    "_pretty": frozenset({"true", "false"}),
}
"""OAuth, OpenID and FHIR control values that are the same for everybody."""

PUBLIC_NAMES = frozenset({"client_id", "kid", "alg", "acr_values"})
"""Fields whose short plain value names an app, a key or a method, never a member."""

SECRET_NAMES: dict[str, str] = {
    "access_token": "token",
    "token": "token",
    "id_token": "id-token",
    "id_token_hint": "id-token",
    "refresh_token": "refresh-token",
    "subject_token": "token",
    "actor_token": "token",
    "registration_access_token": "token",
    "code": "code",
    "device_code": "code",
    "user_code": "code",
    "code_verifier": "code-verifier",
    "client_secret": "secret",
    "client_assertion": "client-assertion",
    "assertion": "assertion",
    "password": "password",
    "passwd": "password",
    "pin": "password",
    "otp": "otp",
    "username": "username",
    "login_hint": "username",
    "state": "state",
    "nonce": "nonce",
    "launch": "launch",
    "code_challenge": "code-challenge",
    "session_state": "session",
    "logout_token": "token",
    "request": "request-object",
    "sub": "id",
    "patient": "id",
    "encounter": "id",
    "subject": "id",
    "_id": "id",
    "id": "id",
    "sid": "session",
    "jti": "id",
}
"""OAuth fields and parameters whose value is tagged, with the kind of the tag."""

ISSUED = {"access_token": "token", "refresh_token": "refresh-token", "id_token": "id-token"}
"""Fields of a token response that are learned as they pass."""

LABELS = {
    "token": "access token",
    "refresh-token": "refresh token",
    "id-token": "ID token",
    "code": "authorization code",
    "code-verifier": "code verifier",
    "code-challenge": "code challenge",
    "client-assertion": "client assertion",
    "request-object": "request object",
    "secret": "client secret",
    "totp": "one-time code",
    "otp": "one-time code",
    "jwt": "signed token",
    "session": "session id",
}
"""How a kind reads in a tag, where it is not simply the kind with spaces for hyphens."""

DATA_KINDS = frozenset({"member-id", "marker", "id", "identifier"})
"""Kinds that are a person's data rather than a credential: shown where bodies are kept whole."""

_DIGITS = re.compile(r"[0-9][0-9\-.]{0,18}")
_WORDY = re.compile(r"[A-Za-z][A-Za-z0-9\-_]{0,39}")
_SHORT_CODE = re.compile(r"[A-Z0-9][A-Z0-9.\-]{0,9}")
CODE_SYSTEMS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("http://loinc.org", _DIGITS),
    ("http://snomed.info/sct", _DIGITS),
    ("http://www.nlm.nih.gov/research/umls/rxnorm", _DIGITS),
    ("http://hl7.org/fhir/sid/ndc", _DIGITS),
    ("http://hl7.org/fhir/sid/cvx", _DIGITS),
    ("http://hl7.org/fhir/sid/mvx", _SHORT_CODE),
    ("http://hl7.org/fhir/sid/icd-", _SHORT_CODE),
    ("http://www.cms.gov/Medicare/Coding/", _SHORT_CODE),
    ("https://www.cms.gov/Medicare/", _SHORT_CODE),
    ("http://www.ama-assn.org/go/cpt", _SHORT_CODE),
    ("http://www.ada.org/", _SHORT_CODE),
    ("https://www.nubc.org/CodeSystem/", _SHORT_CODE),
    ("https://www.x12.org/codes/", _SHORT_CODE),
    ("https://x12.org/codes/", _SHORT_CODE),
    ("http://www.nubc.org/", _SHORT_CODE),
    ("http://nucc.org/provider-taxonomy", _SHORT_CODE),
    ("https://bluebutton.cms.gov/resources/variables/", _SHORT_CODE),
    ("http://unitsofmeasure.org", re.compile(r"[A-Za-z0-9%\[\]{}/.\-*']{1,16}")),
    ("urn:iso:std:iso:4217", re.compile(r"[A-Z]{3}")),
    ("urn:ietf:bcp:47", re.compile(r"[a-z]{2,3}(-[A-Z]{2})?")),
    ("urn:oid:2.16.840.1.113883.6.238", _DIGITS),
    ("http://ihe.net/fhir/ihe.formatcode.fhir/CodeSystem/formatcode", re.compile(r"urn:[\w:.\-]+")),
    ("http://terminology.hl7.org/CodeSystem/", _WORDY),
    ("http://hl7.org/fhir/us/", _WORDY),
    ("http://hl7.org/fhir/", _WORDY),
)
"""Public code systems by the start of their address, with the shape that their codes have."""

IDENTIFIER_SYSTEMS = (
    "http://hl7.org/fhir/sid/us-npi",
    "http://hl7.org/fhir/sid/us-ssn",
    "http://hl7.org/fhir/sid/us-mbi",
    "http://hl7.org/fhir/sid/us-medicare",
    "urn:oid:2.16.840.1.113883.4.4",
    "urn:ietf:rfc:3986",
)
"""Public identifier systems: the system is shown, the value never."""

PATH_WORDS = words("""
    . .. .well-known _history _search about access account accounts admin aidbox api apis app
    apps as auth authentication authorize authorization authorizations authz bulk
    bulk-data callback cancel capability cb challenge claims client clients cms common
    connect connected connected-apps console consent consents control coverage data
    default dev developer developers directory disconnect docs documentation documents done
    education eob error export faq fhir fhir-r4 fhirserver formulary gallery grant grants hapi
    health healthcheck help home html identity idp index index.html interop interoperability
    introspect introspection issuer json jwks jwks.json keys launch legal login logoff logout
    member members metadata mfa metrics oauth oauth2 oidc open openid openid-configuration
    opt-in opt-out otp patient-access patientaccess pay payer permissions ping policy
    portal preferences privacy privacy-policy provider provider-access provider-directory
    providers public realms reg register registration resource resources rest
    revoke revocation root sandbox saml secure security server service services session
    settings sign-in sign-out signin signout signup smart smart-configuration sso standalone
    static status style stu terms token tokens tos udap user userinfo users v verify
    version web webapi well-known oauth-authorization-server openid-connect protocol certs
    favicon.ico robots.txt ping.json style.json smart-style.json
    """)
"""Path words that every web address may have."""

PATH_VERSION = re.compile(r"(v\d{1,2}(\.\d{1,2}){0,2}|[Rr][2-6]b?|stu[1-3]|dstu2|baseR4)")
OPERATION = re.compile(r"\$[a-z][a-z0-9.\-]{1,40}")
PARAMETER_NAME = re.compile(r"_{0,2}[A-Za-z$][A-Za-z_.:\-$]{0,47}[0-9]{0,3}")
SCOPE = re.compile(
    r"(patient|user|system)/([A-Z][A-Za-z]+|\*)\.(read|write|\*|c?r?u?d?s?)"
    r"|openid|profile|email|phone|address|fhirUser|offline_access|online_access"
    r"|launch(/[a-z]{1,20})?|udap|smart/orchestrate_launch"
)
"""SMART App Launch 1 and 2 scopes without a search narrowing, and the OpenID ones."""

MIME_TYPE = re.compile(
    r"(application|text|image|audio|video|font|multipart|\*)/[a-z0-9.+*\-]{1,40}"
)

SHOWN_HEADERS = words("""
    accept accept-encoding accept-language accept-ranges access-control-allow-credentials
    access-control-allow-headers access-control-allow-methods access-control-allow-origin
    access-control-expose-headers access-control-max-age access-control-request-headers
    access-control-request-method age allow cache-control clear-site-data connection
    content-encoding content-language content-length content-security-policy
    content-security-policy-report-only content-type cross-origin-embedder-policy
    cross-origin-opener-policy cross-origin-resource-policy date deprecation dnt expires host
    keep-alive permissions-policy pragma prefer preference-applied ratelimit
    ratelimit-limit ratelimit-policy ratelimit-remaining ratelimit-reset referrer-policy
    retry-after sec-fetch-dest sec-fetch-mode sec-fetch-site sec-fetch-user server
    strict-transport-security sunset te trailer transfer-encoding upgrade
    upgrade-insecure-requests user-agent vary via x-cache x-content-type-options
    x-correlation-id x-frame-options x-permitted-cross-domain-policies x-powered-by x-progress
    x-ratelimit-limit x-ratelimit-remaining x-ratelimit-reset x-request-id x-xss-protection
    """)
"""HTTP fields whose value is about the connection or the server, never about a member."""

ADDRESS_HEADERS = frozenset({"location", "content-location", "referer", "origin"})
TAGGED_HEADERS = {"etag": "etag", "if-none-match": "etag", "if-match": "etag"}
COOKIE_ATTRIBUTES = frozenset(
    {"secure", "httponly", "samesite", "path", "domain", "max-age", "expires", "partitioned"}
)
PUBLIC_KEY_PARTS = words("kty use key_ops alg kid x5u x5c x5t x5t#S256 crv x y n e exp nbf iat")
"""JSON Web Key members that everybody may see (RFC 7517 section 4, RFC 7518 section 6)."""
METADATA_NAME = re.compile(
    r"[a-z0-9_]{1,60}_(endpoint|endpoints|supported|uri|required)|issuer|capabilities"
    r"|signed_metadata|udap_[a-z_]{1,40}|user_access_brand_(bundle|identifier)|name|version"
    r"|mtls_endpoint_aliases|tls_client_certificate_bound_access_tokens"
)
"""Members of authorization server metadata (RFC 8414 section 2, RFC 8705, SMART, UDAP)."""
