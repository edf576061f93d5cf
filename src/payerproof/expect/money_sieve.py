"""A quick look at a resource's text: whether anything in it can tell of money at all.

Exports have millions of lines, and most of what clinics get speaks of no money. Whatever
`payerproof.expect.money` finds in elements, words or numbers has one of these pieces in its text;
a text with one of them may still be innocent.
"""

from __future__ import annotations

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
_SHARE = (
    b"patientpay", b"patientresp", b"memberpay", b"memberresp", b"youpay", b"ofpocket", b"costshar",
    b"accumulat",
)  # fmt: skip
"""What else makes a quantity a share of cost, blanks and hyphens left out."""
_SIGNS = ("€".encode(), "£".encode())


def may_tell_of_money(text: bytes) -> bool:
    """False where no element, word or number of this JSON text can tell of money."""
    lower = _said_once(text.lower())
    if not text.isascii() and any(sign in lower for sign in _SIGNS):
        return True
    for piece in _PIECES:
        if piece in lower:
            return True
    if b'"valueq' in lower:
        flat = lower.translate(None, b"- ")
        if any(piece in flat for piece in _SHARE):
            return True
    return _has_word(lower, b"era")


def _said_once(text: bytes) -> bytes:
    """The text with what stands between two quotation marks once each: lines repeat themselves.

    No piece that is looked for has a quotation mark in its middle.
    """
    return b'"%b"' % b'"'.join(set(text.split(b'"')))


def _has_word(text: bytes, word: bytes) -> bool:
    at = text.find(word)
    while at >= 0:
        around = text[max(at - 1, 0) : at] + text[at + len(word) : at + len(word) + 1]
        if not any(map(_of_a_word, around)):
            return True
        at = text.find(word, at + 1)
    return False


def _of_a_word(byte: int) -> bool:
    return byte == ord("_") or bytes((byte,)).isalnum()
