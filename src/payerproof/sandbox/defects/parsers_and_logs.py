"""Bodies that are read too willingly, logs that keep too much, and rows of somebody unknown."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Sequence
from urllib.parse import urlencode, urlsplit

from anyio import to_thread
from starlette.requests import Request

from payerproof.sandbox.data.world import Resource, World
from payerproof.sandbox.defects.changing import data, fhir, seed
from payerproof.sandbox.defects.replacing import oauth, transport
from payerproof.sandbox.external import Fetcher, IssuerUnreachable
from payerproof.sandbox.fhir import conditions
from payerproof.sandbox.fhir.call import Call, Refused
from payerproof.sandbox.oauth.forms import Parameters, form_parameters
from payerproof.sandbox.transport import log_line

Pairs = Sequence[tuple[str, str]]
_ENTITY = re.compile(r"""<!ENTITY\s+\w+\s+SYSTEM\s+["']([^"']+)["']""")
_ELEMENT = re.compile(r"<([A-Za-z_-]+)>([^<&]*)</")
_LIMIT = 65536
_LOOPBACK = ("localhost", "127.0.0.1", "::1")

# -- parsers


def _read_xml(body: bytes) -> list[tuple[str, str]]:
    """Read elements as parameters; what the document type names is fetched, on loopback alone."""
    text = body.decode("utf-8", "replace")
    for address in _ENTITY.findall(text):
        if urlsplit(address).hostname in _LOOPBACK:
            try:
                Fetcher(timeout_seconds=2.0)(address, None, {})
            except IssuerUnreachable:
                continue
    return _ELEMENT.findall(text)


def _searched_by_xml(call: Call, body: bytes) -> Pairs:
    if "xml" in call.headers.get("content-type", ""):
        return _read_xml(body)
    return conditions.search_body(call, body)


seed(
    "search-body-read-as-xml",
    "transport",
    "N-LEAK-14",
    "POST _search takes XML too, and its parser fetches what the document type names",
    fhir(search_body=_searched_by_xml),
)


def _unpacked(call: Call, body: bytes) -> Pairs:
    if call.headers.get("content-encoding") == "gzip":
        body = gzip.decompress(body)
    return conditions.search_body(call, body)


seed(
    "compressed-bodies-unpacked-whole",
    "transport",
    "N-LEAK-14",
    "A compressed body is unpacked before anybody asks how large it becomes",
    fhir(search_body=_unpacked),
    twin="compressed-bodies-up-to-a-limit",
)


def _unpacked_to_a_limit(call: Call, body: bytes) -> Pairs:
    if call.headers.get("content-encoding") == "gzip":
        unpacking = zlib.decompressobj(wbits=31)
        try:
            body = unpacking.decompress(body, _LIMIT)
        except zlib.error:
            raise Refused(400, "value", "The body is not what it says.") from None
        if unpacking.unconsumed_tail or not unpacking.eof:
            raise Refused(413, "too-costly", "The form is too long.")
    return conditions.search_body(call, body)


seed(
    "compressed-bodies-up-to-a-limit",
    "transport",
    "N-LEAK-14",
    "A compressed body is unpacked up to a limit, beyond which the search is refused",
    fhir(search_body=_unpacked_to_a_limit),
    lawful=True,
)


async def _token_by_xml(request: Request) -> Parameters:
    if "xml" in request.headers.get("content-type", ""):
        body = await request.body()
        return Parameters(urlencode(await to_thread.run_sync(_read_xml, body)))
    return await form_parameters(request)


seed(
    "token-request-read-as-xml",
    "transport",
    "N-LEAK-14",
    "The token endpoint takes XML too, and its parser fetches what the document type names",
    oauth(token_form=_token_by_xml),
)

# -- logs


def _whole_query(request: Request, path: str) -> str:
    query = request.scope.get("query_string", b"").decode("latin-1")
    return f"{request.method} {path}{'?' if query else ''}{query}"


seed(
    "log-keeps-queries",
    "leaks",
    "N-LEAK-03",
    "The log holds the whole address of every request, with codes and members' numbers in it",
    transport(log_line=_whole_query),
    twin="log-names-the-host",
)


def _with_headers(request: Request, path: str) -> str:
    bearer = request.headers.get("authorization", "-")
    return f"{log_line(request, path)} {bearer}"


seed(
    "log-keeps-authorization-headers",
    "leaks",
    "N-LEAK-03",
    "The log holds the Authorization header of every request, and so every token",
    transport(log_line=_with_headers),
    twin="log-names-the-host",
)


def _with_agent(request: Request, path: str) -> str:
    return f"{request.url.hostname} {log_line(request, path)}"


seed(
    "log-names-the-host",
    "leaks",
    "N-LEAK-03",
    "A line of the log begins with the host that was asked",
    transport(log_line=_with_agent),
    lawful=True,
)

# -- test members and others


@data(
    "unknown-person-among-test-members",
    "isolation",
    "N-LEAK-15",
    "A row copied from another environment, about somebody who is no test member, is among Ada's",
    twin="notes-with-own-number",
)
def _copied(world: World) -> World:
    ada = world.people["ada"].patient
    claim = next(one for one in world.claims() if world.patient_of(one) == ada)
    text = "Copied: Marlene Achterwoud, born 1951-07-30, member number 8KX2-QT4-ZZ19."
    note = {"number": 1, "type": "display", "text": text}
    changed: Resource = {**claim, "processNote": [note]}
    return world.with_resources(changed)


@data(
    "notes-with-own-number",
    "isolation",
    "N-LEAK-15",
    "A note on each claim repeats the member's own number, without its hyphens",
    lawful=True,
)
def _repeated(world: World) -> World:
    def change(claim: Resource) -> Resource:
        person = world.person_of(world.patient_of(claim) or "")
        own = person.member_number.replace("-", "") if person else ""
        note = {"number": 8, "type": "display", "text": f"Paid to the plan of member ID {own}."}
        return {**claim, "processNote": [*claim.get("processNote", ()), note]} if own else claim

    return world.edit_claims(change)
