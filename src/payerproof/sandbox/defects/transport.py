"""Faults at the edge: HTTPS only, what may be kept, and what headers and links give away."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from payerproof.sandbox.defects import Defect, register
from payerproof.sandbox.defects.replacing import Change, fhir, transport
from payerproof.sandbox.fhir import outcome, paging
from payerproof.sandbox.transport import HeaderEdits

if TYPE_CHECKING:
    from payerproof.sandbox.fhir.call import Asked, Reply


def _defect(name: str, cites: str, title: str, change: Change, twin: str = "") -> None:
    register(Defect(name, "transport", tuple(cites.split()), title, change, twin=twin))


def _twin(name: str, cites: str, title: str, change: Change) -> None:
    register(Defect(name, "transport", tuple(cites.split()), title, change, lawful=True))


# -- HTTPS only

Edit = Callable[[str, int, Mapping[str, str]], HeaderEdits]


def _edited(edit: Edit) -> Change:
    """Set headers, or leave out those changed to None, by path, status and headers so far."""
    return transport(
        edit_headers=lambda _tenant, path, status, headers: edit(path, status, headers)
    )


HSTS = "Strict-Transport-Security"

_defect(
    "https-only-said-nowhere",
    "N-LEAK-12",
    "No answer tells browsers to use HTTPS only",
    _edited(lambda _path, _status, _headers: {HSTS: None}),
    twin="https-only-for-two-years",
)
_defect(
    "https-only-not-said-by-the-portal",
    "N-LEAK-12",
    "The portal's pages don't tell browsers to use HTTPS only, as the API does",
    _edited(lambda path, _status, _headers: {HSTS: None} if path.startswith("/portal") else {}),
    twin="https-only-for-two-years",
)
_defect(
    "https-only-not-said-by-redirects",
    "N-LEAK-12",
    "Redirects and errors don't tell browsers to use HTTPS only",
    _edited(lambda _path, status, _headers: {HSTS: None} if status >= 300 else {}),
)
_defect(
    "https-only-switched-off",
    "N-LEAK-12",
    "The API tells browsers to forget that it is HTTPS only",
    _edited(
        lambda path, _status, _headers: {HSTS: "max-age=0"} if path.startswith("/fhir") else {}
    ),
    twin="https-only-for-two-years",
)
_twin(
    "https-only-for-two-years",
    "N-LEAK-12",
    "Browsers are told to use HTTPS only for two years, and to know it beforehand",
    _edited(lambda _path, _status, _headers: {HSTS: "max-age=63072000; preload"}),
)


def _plain_http(base: str, asked: Asked) -> str:
    return paging.self_link(base.replace("https:", "http:", 1), asked)


_defect(
    "self-link-over-plain-http",
    "N-LEAK-12 Q-NET-06",
    "The self link of a search result is an http address",
    fhir(self_link=_plain_http),
)
_defect(
    "full-url-on-the-raw-host",
    "N-LEAK-06 Q-NET-06 N-LEAK-13",
    "Search results give the address of the machine behind the gateway",
    fhir(
        full_url=lambda base, kind, logical_id: paging.full_url(
            f"http://fhir-prod-03.internal:8080{urlsplit(base).path}", kind, logical_id
        )
    ),
)


def _names_the_node(base: str, asked: Asked) -> str:
    link = paging.self_link(base, asked)
    return f"{link}{'&' if '?' in link else '?'}{urlencode({'_node': '10.20.30.41:8443'})}"


_defect(
    "self-link-names-an-inner-address",
    "N-LEAK-06",
    "The self link of a search result holds the address of the machine that answered",
    fhir(self_link=_names_the_node),
)

# -- what may be kept


def _kept(value: str, *starts: str, status: int = 200) -> Change:
    """Answer with another Cache-Control below some paths."""
    return _edited(
        lambda path, got, _headers: (
            {"Cache-Control": value, "Pragma": None}
            if path.startswith(starts) and got == status
            else {}
        )
    )


_defect(
    "reads-may-be-kept-by-proxies",
    "N-LEAK-05",
    "A member's resources may be kept by proxies for five minutes",
    _kept("public, max-age=300", "/fhir/Patient", "/fhir/Coverage", "/fhir/ExplanationOfBenefit"),
    twin="reads-not-kept-in-many-words",
)


def _silent(reply: Reply) -> Mapping[str, str]:
    headers = dict(outcome.headers_of(reply))
    for name in ("Cache-Control", "Pragma"):
        headers.pop(name, None)
    return headers


_defect(
    "api-silent-on-keeping",
    "N-LEAK-05",
    "No answer of the API says whether it may be kept",
    fhir(headers_of=_silent),
    twin="reads-not-kept-in-many-words",
)
_defect(
    "documents-may-be-kept",
    "N-LEAK-05",
    "Documents opened by a member's token may be kept for a day",
    _kept("private, max-age=86400", "/fhir/Binary"),
    twin="reads-not-kept-in-many-words",
)
_defect(
    "userinfo-may-be-kept",
    "N-LEAK-05",
    "Userinfo may be kept for an hour",
    _kept("max-age=3600", "/oauth/userinfo"),
    twin="reads-not-kept-in-many-words",
)
_twin(
    "reads-not-kept-in-many-words",
    "N-LEAK-05",
    "Answers of the API forbid to keep them in several ways at once",
    _kept("private, no-cache, no-store, max-age=0", "/fhir/Patient", "/fhir/Coverage", "/oauth/us"),
)
_defect(
    "code-redirect-may-be-kept",
    "N-LEAK-05",
    "Redirects of the authorization endpoint may be kept for a minute",
    _kept("private, max-age=60", "/oauth/authorize", "/portal/consent", status=303),
)

# -- what headers give away


def _telling(**headers: str) -> Change:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return _edited(lambda _path, _status, _headers: named)


_defect(
    "server-names-its-version",
    "N-LEAK-06",
    "Every answer names the server software with its version",
    _telling(Server="Apache-Coyote/1.1", X_Powered_By="HAPI FHIR 5.4.0 REST Server (FHIR R4)"),
    twin="server-numbers-its-requests",
)
_defect(
    "server-names-the-machine",
    "N-LEAK-06",
    "Every answer names the machine that gave it",
    _telling(X_Backend_Server="phi-fhir-prod-03.internal", Via="1.1 10.20.30.40:8443"),
    twin="server-numbers-its-requests",
)
_defect(
    "errors-name-the-machine",
    "N-LEAK-06 N-LEAK-01",
    "Errors name the upstream address that they came from",
    _edited(
        lambda _path, status, _headers: (
            {"X-Upstream": "http://10.20.30.40:9080/fhir-ws"} if status >= 400 else {}
        )
    ),
)
_twin(
    "server-numbers-its-requests",
    "N-LEAK-06",
    "Every answer has a number by which support finds it, and a server name that says nothing",
    _telling(X_Request_Id="3f2a9c51-8f0e-4d58-9e55-2f6c3f0f7a11", Server="payer"),
)
