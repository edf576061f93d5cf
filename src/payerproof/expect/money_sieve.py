"""A quick look at a resource's text: whether anything in it can tell of money at all.

Exports have millions of lines, and most of what clinics get speaks of no money. Whatever
`payerproof.expect.money` finds in elements, words or numbers has one of these pieces in its text;
a text with one of them may still be innocent.
"""

from __future__ import annotations

import re

from payerproof.expect.money import SHARE_WORDS

_PIECES = tuple(
    piece.encode()
    for piece in (
        # names of elements
        "currency", 'mount"', '"net"', "unitprice", 'adjustment"', 'money"', '"tax"', '"data"',
        '"valuedecimal', '"valueinteger', '"valueunsignedint', "costtob", 'balance"',
        # codes and words
        '"benefit"', " benefit", "benefit ", '"payment"', " payment", "payment ", "paid", "copay",
        "co-pay", "coinsurance", "o-insurance", "deductible", "liabil", "owe", "charge", "check",
        "cheque", "remit", "835",
        # currencies
        "$", "usd", "dollar",
        # characters written so that none of the above would be seen
        "\\u",
    )
)  # fmt: skip
_SIGNS = ("€".encode(), "£".encode())
_ERA = re.compile(rb"(?<![a-z0-9_])era(?![a-z0-9_])")


def may_tell_of_money(text: bytes) -> bool:
    """False where no element, word or number of this JSON text can tell of money."""
    lower = text.lower()
    if not text.isascii() and any(sign in lower for sign in _SIGNS):
        return True
    if any(piece in lower for piece in _PIECES):
        return True
    if b'"valueq' in lower and SHARE_WORDS.search(lower.decode()):
        return True
    return b"era" in lower and _ERA.search(lower) is not None
