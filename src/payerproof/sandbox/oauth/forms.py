"""Reading of request parameters: exact, and each at most once (RFC 6749 section 3.1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import parse_qsl

from starlette.requests import Request

from payerproof.sandbox.oauth.model import OAuthError

FORM = "application/x-www-form-urlencoded"
_MOST_FIELDS = 200


class Parameters(Mapping[str, str]):
    """Request parameters by name. `repeated` names those that came more than once.

    Bytes that aren't UTF-8 become replacement characters. Where `exact` is set they are kept as
    surrogates instead, so that a value can be sent back unchanged.
    """

    def __init__(self, text: str, *, exact: bool = False) -> None:
        self.repeated: set[str] = set()
        self._values: dict[str, str] = {}
        pairs = parse_qsl(
            text,
            keep_blank_values=True,
            errors="surrogateescape" if exact else "replace",
            max_num_fields=_MOST_FIELDS,
        )
        for name, value in pairs:
            if name in self._values:
                self.repeated.add(name)
            else:
                self._values[name] = value

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def text(self, name: str) -> str:
        """The value, or an empty string: a parameter without a value counts as left out."""
        return self._values.get(name, "")


def query_parameters(request: Request, *, exact: bool = False) -> Parameters:
    """Parameters of the query string."""
    return _read(request.scope["query_string"], exact=exact)


async def form_parameters(request: Request, *, exact: bool = False) -> Parameters:
    """Parameters of a form body; raises `OAuthError` invalid_request for any other body."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != FORM:
        raise OAuthError("invalid_request", f"The body must be {FORM}")
    return _read(await request.body(), exact=exact)


def _read(raw: bytes, *, exact: bool) -> Parameters:
    try:
        return Parameters(
            raw.decode("utf-8", "surrogateescape" if exact else "replace"), exact=exact
        )
    except ValueError:
        raise OAuthError("invalid_request", "Too many parameters") from None
