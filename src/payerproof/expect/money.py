"""Money in what clinics get: remittances and cost sharing, wherever they may hide.

42 CFR 422.121(a)(2) leaves provider remittances and enrollee cost-sharing information out of
Provider Access. Amounts are looked for by datatype over every element, contained resource and
extension, not by a list of paths, and in narratives and notes by how amounts are written.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections import Counter
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
_PRIOR = " (prior authorization)"
_TEXTS = frozenset({"div", "text", "valueString", "string", "display"})
_NUMBERS = frozenset({"valueDecimal", "valueInteger", "valueUnsignedInt", "value"})
_CURRENCY_UNITS = frozenset({"USD", "$", "usd", "US$"})


@dataclass(frozen=True, slots=True)
class Found:
    """One place that tells of money; never the amount."""

    kind: Kind
    resource: str
    """Type, and in parentheses that it is a prior authorization; no id."""
    place: str

    @property
    def of_prior_authorization(self) -> bool:
        """Where the amount that was asked for may stay."""
        return self.resource.endswith(_PRIOR)


def money_in(resource: Mapping[str, Any]) -> Iterator[Found]:
    """Every place of a resource that tells of money."""
    kind = str(resource.get("resourceType"))
    preauthorization = kind == "ExplanationOfBenefit" and resource.get("use") == "preauthorization"
    name = f"{kind}{_PRIOR}" if preauthorization else kind
    if kind in FINANCIAL:
        yield Found("remittance", name, "the resource itself")
    if "costToBeneficiary" in resource:
        yield Found("cost sharing", name, "costToBeneficiary")
    if "benefitBalance" in resource:
        yield Found("cost sharing", name, "benefitBalance")
    for at in _candidates(resource, kind):
        found = _judged(at)
        if found and not (preauthorization and _asked_for(at.words)):
            yield Found(found, name, at.place)
    yield from _attached(resource, name)


def all_money(resources: Iterable[Mapping[str, Any]]) -> dict[Found, int]:
    """Places by how often they occur, prior authorizations left out."""
    found = (one for resource in resources for one in money_in(resource))
    return dict(Counter(one for one in found if not one.of_prior_authorization))


@dataclass(slots=True)
class _At:
    """An element with the way to it; what that says is put together only where it is asked for."""

    key: str
    element: Any
    parent: _At | None = None
    _around: str | None = None

    @property
    def place(self) -> str:
        """Path without indexes."""
        return f"{self.parent.place}.{self.key}" if self.parent is not None else self.key

    @property
    def words(self) -> str:
        """Codes and addresses of the objects around it, the outermost first, its own last."""
        if self._around is None:
            outside = self.parent.words if self.parent is not None else ""
            own = f"  {_words(self.element)}" if type(self.element) is dict else ""
            self._around = outside + own
        return self._around


def _candidates(resource: Mapping[str, Any], kind: str) -> Iterator[_At]:
    """Elements that may tell of money by their name or datatype, in no order."""
    ahead = [_At(kind, resource)]
    while ahead:
        here = ahead.pop()
        if type(here.element) is not dict:
            yield here
            continue
        if _may_be_money(here.key, here.element):
            yield here
        for key, value in here.element.items():
            sort = type(value)
            if sort is dict:
                ahead.append(_At(key, value, here))
            elif sort is list:
                told = key in _TEXTS
                ahead += [_At(key, one, here) for one in value if told or type(one) is dict]
            elif key in _TEXTS if sort is str else key in _NUMBERS:
                ahead.append(_At(key, value, here))


def _may_be_money(key: str, element: Mapping[str, Any]) -> bool:
    if key == "payment" or "currency" in element:
        return True
    return "value" in element and (
        key in MONEY_NAMES
        or key == "valueQuantity"
        or not _CURRENCY_UNITS.isdisjoint(_unit(element))
    )


def _unit(element: Mapping[str, Any]) -> tuple[str, str]:
    return str(element.get("unit")), str(element.get("code"))


def _words(element: Mapping[str, Any]) -> str:
    """Codes and addresses that say what an element is about."""
    found = [element.get("url")]
    for name in ("category", "type", "code"):
        value = element.get(name)
        for concept in value if type(value) is list else (value,):
            if type(concept) is dict:
                codings = concept.get("coding")
                for coding in codings if type(codings) is list else (codings,):
                    if type(coding) is dict:
                        found += (coding.get("code"), coding.get("display"))
                found.append(concept.get("text"))
    # two blanks: what stands side by side by chance is no phrase
    return "  ".join(one for one in found if type(one) is str)


def _judged(at: _At) -> Kind | None:
    leaf, element = at.key, at.element
    if isinstance(element, Mapping):
        if _is_money(leaf, element) or _is_priced(at):
            return _kind(at.place, at.words)
        return "remittance" if leaf == "payment" and element.get("identifier") else None
    if isinstance(element, str):
        plain = _plain(element)
        if WRITTEN.search(plain):
            return _kind(at.place, f"{at.words} {plain}")
        return "remittance" if leaf != "display" and REMIT_WORDS.search(element) else None
    return _judged_number(at)


def _judged_number(at: _At) -> Kind | None:
    if not isinstance(at.element, int | float) or isinstance(at.element, bool):
        return None
    words = at.words
    if at.key == "value":
        return _kind(at.place, words) if _codes(words) & (PLAN_PAID | MEMBER_SHARE) else None
    paid = PAY_WORDS.search(words) and "unit" not in words.lower()
    return _kind(at.place, words) if paid else None


def _is_money(leaf: str, element: Mapping[str, Any]) -> bool:
    return "currency" in element or (leaf in MONEY_NAMES and "value" in element)


def _is_priced(at: _At) -> bool:
    """A Quantity in dollars, or one that stands for a share of cost."""
    if "value" not in at.element:
        return False
    if not _CURRENCY_UNITS.isdisjoint(_unit(at.element)):
        return True
    return at.key == "valueQuantity" and bool(SHARE_WORDS.search(at.words))


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
    return re.sub(r"<[^>]*>", " ", text) if "<" in text else text


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
