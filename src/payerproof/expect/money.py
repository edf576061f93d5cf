"""Money in what clinics get: remittances and cost sharing, wherever they may hide.

42 CFR 422.121(a)(2) leaves provider remittances and enrollee cost-sharing information out of
Provider Access. Amounts are looked for by datatype over every element, contained resource and
extension, not by a list of paths, and in narratives and notes by how amounts are written.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from payerproof.expect.claims import MEMBER_SHARE, PLAN_PAID, mappings

Kind = Literal["remittance", "cost sharing"]

MONEY_NAMES = frozenset(
    {"amount", "net", "unitPrice", "adjustment", "allowedMoney", "usedMoney", "valueMoney", "tax"}
)
"""Elements of type Money in R4's financial resources."""

FINANCIAL = frozenset(
    {
        "Account", "ChargeItem", "ClaimResponse", "Contract", "Invoice", "PaymentNotice",
        "PaymentReconciliation",
    }
)  # fmt: skip
"""Resources that tell of payment whatever is in them."""

SHARE_WORDS = re.compile(
    r"co-?pay|co-?insurance|deductible|out[- ]of[- ]pocket|cost[- ]?shar"
    r"|patient[- ]?(pay|paid|resp)|member[- ]?(liab|pay|paid|resp|owe)|you (owe|pay|paid)"
    r"|paid ?by ?patient|costToBeneficiary|benefitBalance|accumulat",
    re.IGNORECASE,
)
PAY_WORDS = re.compile(
    r"amount|paid|payment|price|cost|charge|allowed|net|fee|remit|cheque|check ?(no|num|#)"
    r"|co-?pay|co-?insurance|deductible|owe|liabil",
    re.IGNORECASE,
)
WRITTEN = re.compile(
    r"(?:US)?[$€£]\s?\d|\b\d[\d,]*(?:\.\d+)?\s?(?:USD|dollars?)\b|\bUSD\s?\d"
    r"|(?:co-?pay(?:ment)?|co-?insurance|deductible|paid|owe[sd]?|charged?|allowed|cheque|check)"
    r"[^.<>]{0,40}?\d+\.\d{2}\b",
    re.IGNORECASE,
)
REMIT_WORDS = re.compile(r"remittance|\bERA\b|\b835\b|payment advice|check (no|number|#)", re.I)
_CURRENCY_UNITS = frozenset({"USD", "$", "usd", "US$"})


@dataclass(frozen=True, slots=True)
class Found:
    """One place that tells of money; never the amount."""

    kind: Kind
    resource: str
    """Type and, after a slash, the profile's or use's name; no id."""
    place: str


def money_in(resource: Mapping[str, Any]) -> Iterator[Found]:
    """Every place of a resource that tells of money."""
    kind = str(resource.get("resourceType"))
    preauthorization = kind == "ExplanationOfBenefit" and resource.get("use") == "preauthorization"
    name = f"{kind} (prior authorization)" if preauthorization else kind
    if kind in FINANCIAL:
        yield Found("remittance", name, "the resource itself")
    if "costToBeneficiary" in resource:
        yield Found("cost sharing", name, "costToBeneficiary")
    if "benefitBalance" in resource:
        yield Found("cost sharing", name, "benefitBalance")
    for place, words, element in _elements(resource, kind, ""):
        found = _judged(place, words, element)
        if found and not (preauthorization and _asked_for(words)):
            yield Found(found, name, place)
    yield from _attached(resource, name)


def all_money(resources: Iterable[Mapping[str, Any]]) -> dict[Found, int]:
    """Places by how often they occur, prior authorizations left out."""
    return _counted(resources, prior=False)


def money_of_prior_authorizations(resources: Iterable[Mapping[str, Any]]) -> dict[Found, int]:
    """The same of prior authorizations alone, where the amount asked for may stay."""
    return _counted(resources, prior=True)


def _counted(resources: Iterable[Mapping[str, Any]], *, prior: bool) -> dict[Found, int]:
    counts: dict[Found, int] = {}
    for resource in resources:
        for found in money_in(resource):
            if ("prior" in found.resource) is prior:
                counts[found] = counts.get(found, 0) + 1
    return counts


def _elements(value: Any, place: str, words: str) -> Iterator[tuple[str, str, Any]]:
    """Every element with its path (without indexes) and the codes that stand around it."""
    if isinstance(value, Mapping):
        around = f"{words} {_words(value)}"
        yield place, around, value
        for key, inner in value.items():
            yield from _elements(inner, f"{place}.{key}", around)
    elif isinstance(value, list):
        for inner in value:
            yield from _elements(inner, place, words)
    else:
        yield place, words, value


def _words(element: Mapping[str, Any]) -> str:
    """Codes and addresses that say what an element is about."""
    found = [str(element.get("url") or "")]
    for name in ("category", "type", "code"):
        for concept in mappings(element.get(name)):
            for coding in mappings(concept.get("coding")):
                found += [str(coding.get("code") or ""), str(coding.get("display") or "")]
            found.append(str(concept.get("text") or ""))
    return " ".join(found)


def _judged(place: str, words: str, element: Any) -> Kind | None:
    leaf = place.rpartition(".")[2]
    if isinstance(element, Mapping):
        if _is_money(leaf, element) or _is_priced(leaf, words, element):
            return _kind(place, words)
        if leaf == "payment" and element.get("identifier"):
            return "remittance"
        return None
    if isinstance(element, str) and leaf in ("div", "text", "valueString", "string", "display"):
        if WRITTEN.search(_plain(element)):
            return _kind(place, f"{words} {_plain(element)}")
        if leaf != "display" and REMIT_WORDS.search(element):
            return "remittance"
    if isinstance(element, int | float) and not isinstance(element, bool):
        decimal = leaf in ("valueDecimal", "valueInteger", "valueUnsignedInt")
        if decimal and PAY_WORDS.search(words) and "unit" not in words.lower():
            return _kind(place, words)
        if leaf == "value" and _codes(words) & (PLAN_PAID | MEMBER_SHARE):
            return _kind(place, words)
    return None


def _is_money(leaf: str, element: Mapping[str, Any]) -> bool:
    return "currency" in element or (leaf in MONEY_NAMES and "value" in element)


def _is_priced(leaf: str, words: str, element: Mapping[str, Any]) -> bool:
    """A Quantity in dollars."""
    if "value" not in element:
        return False
    return bool({str(element.get("unit")), str(element.get("code"))} & _CURRENCY_UNITS) or (
        leaf == "valueQuantity" and bool(SHARE_WORDS.search(words))
    )


def _kind(place: str, words: str) -> Kind:
    shared = SHARE_WORDS.search(f"{place} {words}") or _codes(words) & MEMBER_SHARE
    return "cost sharing" if shared else "remittance"


def _codes(words: str) -> set[str]:
    return {word.lower() for word in words.split()}


def _asked_for(words: str) -> bool:
    """True for the amount a provider asked for, which prior authorizations may keep."""
    codes = _codes(words)
    return "submitted" in codes and not codes & (PLAN_PAID | MEMBER_SHARE)


def _plain(text: str) -> str:
    return re.sub(r"<[^>]*>", " ", text)


def _attached(resource: Mapping[str, Any], name: str) -> Iterator[Found]:
    """Amounts written in attachments that are text."""
    if resource.get("resourceType") == "Binary":
        bodies = [resource.get("data")]
    else:
        contents = list(mappings(resource.get("content")))
        inner = [one for content in contents for one in mappings(content.get("attachment"))]
        bodies = [one.get("data") for one in inner]
    for data in bodies:
        text = _decoded(data)
        if WRITTEN.search(_plain(text)) or REMIT_WORDS.search(text):
            yield Found(_kind("attachment", text), name, "attachment")


def _decoded(data: object) -> str:
    if not isinstance(data, str):
        return ""
    try:
        content = base64.b64decode(data, validate=False)
    except (ValueError, binascii.Error):
        return ""
    return "" if content.startswith((b"%PDF", b"\x89PNG")) else content.decode("utf-8", "replace")
