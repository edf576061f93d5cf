"""Text to syntax tree, after the grammar of the FHIRPath specification (N1 and later)."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

from payerproof.guides.fhirpath.ast import (
    Ast,
    Binary,
    Call,
    Index,
    Literal,
    Member,
    Special,
    This,
    TypeOp,
    Unary,
    Variable,
)
from payerproof.guides.fhirpath.errors import FhirPathSyntaxError
from payerproof.guides.fhirpath.items import Long
from payerproof.guides.fhirpath.quantity import CALENDAR_UNITS, Quantity
from payerproof.guides.fhirpath.temporal import parse_literal

Token = tuple[str, str, int]

_TOKEN = re.compile(
    r"""
      (?P<space>\s+|//[^\n\r]*|/\*.*?\*/)
    | (?P<date>@T\d\d(?::\d\d(?::\d\d(?:\.\d+)?)?)?
        |@\d{4}(?:-\d\d(?:-\d\d)?)?
          (?:T(?:\d\d(?::\d\d(?::\d\d(?:\.\d+)?)?)?)?(?:Z|[+-]\d\d:\d\d)?)?)
    | (?P<number>[0-9]+(?:\.[0-9]+)?L?)
    | (?P<string>'(?:\\.|[^'\\])*')
    | (?P<quoted>`(?:\\.|[^`\\])*`|"(?:\\.|[^"\\])*")
    | (?P<variable>%(?:[A-Za-z_][A-Za-z0-9_-]*
        |`(?:\\.|[^`\\])*`|'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"))
    | (?P<special>\$[a-z]+)
    | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<op><=|>=|!=|!~|[-+*/&|=~<>.,()\[\]{}])
    """,
    re.VERBOSE | re.DOTALL,
)

_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "f": "\f"}

_LEVELS: tuple[frozenset[str], ...] = (
    frozenset({"implies"}),
    frozenset({"or", "xor"}),
    frozenset({"and"}),
    frozenset({"in", "contains"}),
    frozenset({"=", "~", "!=", "!~"}),
    frozenset({"<=", "<", ">", ">="}),
    frozenset({"|"}),
    frozenset({"is", "as"}),
    frozenset({"+", "-", "&"}),
    frozenset({"*", "/", "div", "mod"}),
)
"""Operators from loosest to tightest."""

_MAX_DEPTH = 150


def parse(text: str) -> Ast:
    """The tree of an expression; raises `FhirPathSyntaxError` naming the offset."""
    parser = _Parser(_tokens(text), text)
    tree = parser.binary(0)
    parser.expect_end()
    return tree


def unescape(body: str) -> str:
    """The text of a FHIRPath string or delimited identifier without its quotes."""
    if "\\" not in body:
        return body
    return re.sub(
        r"\\(u[0-9a-fA-F]{4}|.)",
        lambda m: chr(int(m[1][1:], 16)) if len(m[1]) == 5 else _ESCAPES.get(m[1], m[1]),
        body,
        flags=re.DOTALL,
    )


def _tokens(text: str) -> list[Token]:
    out: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise FhirPathSyntaxError(f"unexpected character {text[at]!r} at offset {at}")
        kind = match.lastgroup or ""
        if kind != "space":
            out.append((kind, match[0], at))
        at = match.end()
    out.append(("end", "", at))
    return out


class _Parser:
    def __init__(self, tokens: list[Token], text: str) -> None:
        self.tokens = tokens
        self.text = text
        self.at = 0
        self.depth = 0

    def peek(self) -> Token:
        return self.tokens[self.at]

    def take(self) -> Token:
        token = self.tokens[self.at]
        self.at += 1
        return token

    def expect(self, text: str) -> None:
        kind, found, offset = self.take()
        if found != text or kind == "string":
            raise FhirPathSyntaxError(f"expected {text!r} at offset {offset}, found {found!r}")

    def expect_end(self) -> None:
        kind, found, offset = self.peek()
        if kind != "end":
            raise FhirPathSyntaxError(f"unexpected {found!r} at offset {offset}")

    def is_op(self, *texts: str) -> bool:
        kind, found, _ = self.peek()
        return kind == "op" and found in texts

    def binary(self, level: int) -> Ast:
        """All operators of a level, left to right."""
        if level == len(_LEVELS):
            return self.unary()
        left = self.binary(level + 1)
        while True:
            kind, found, _ = self.peek()
            if kind not in ("op", "name") or found not in _LEVELS[level]:
                return left
            self.take()
            if found in ("is", "as"):
                left = TypeOp(found, left, self.type_name())
            else:
                left = Binary(found, left, self.binary(level + 1))

    def type_name(self) -> str:
        name = self.identifier()
        while self.is_op("."):
            self.take()
            name += "." + self.identifier()
        return name

    def identifier(self) -> str:
        kind, found, offset = self.take()
        if kind == "name":
            return found
        if kind == "quoted":
            return unescape(found[1:-1])
        raise FhirPathSyntaxError(f"expected a name at offset {offset}, found {found!r}")

    def unary(self) -> Ast:
        if self.is_op("+", "-"):
            op = self.take()[1]
            return Unary(op, self.unary())
        return self.postfix(self.term())

    def postfix(self, tree: Ast) -> Ast:
        while True:
            if self.is_op("."):
                self.take()
                tree = self.invocation(tree, head=False)
            elif self.is_op("["):
                self.take()
                at = self.nested()
                self.expect("]")
                tree = Index(tree, at)
            else:
                return tree

    def nested(self) -> Ast:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise FhirPathSyntaxError(f"nested deeper than {_MAX_DEPTH} levels")
        tree = self.binary(0)
        self.depth -= 1
        return tree

    def invocation(self, target: Ast, *, head: bool) -> Ast:
        kind, found, offset = self.peek()
        if kind == "special":
            self.take()
            return self.special(found, offset)
        name = self.identifier()
        if self.is_op("("):
            return Call(target, name, self.arguments(sorts=name == "sort"))
        return Member(target, name, head)

    def special(self, found: str, offset: int) -> Ast:
        if found == "$this":
            return This()
        if found in ("$index", "$total"):
            return Special(found)
        raise FhirPathSyntaxError(f"unknown {found!r} at offset {offset}")

    def arguments(self, *, sorts: bool) -> tuple[Ast, ...]:
        """What stands in brackets; a key of ``sort`` may be followed by its direction."""
        self.expect("(")
        out: list[Ast] = []
        while not self.is_op(")"):
            if out:
                self.expect(",")
            out.append(self.nested())
            if sorts and self.peek()[:2] in (("name", "asc"), ("name", "desc")):
                out[-1] = Unary(self.take()[1], out[-1])
        self.expect(")")
        return tuple(out)

    def term(self) -> Ast:
        kind, found, offset = self.peek()
        reader = _TERMS.get(kind)
        if reader is not None:
            self.take()
            return reader(self, found)
        if found in ("(", "{") and kind == "op":
            return self.bracketed(found)
        if kind in ("end", "op"):
            raise FhirPathSyntaxError(f"expected an expression at offset {offset}")
        if kind == "name" and found in ("true", "false"):
            self.take()
            return Literal(found == "true")
        return self.invocation(This(), head=True)

    def bracketed(self, opening: str) -> Ast:
        self.take()
        if opening == "{":
            self.expect("}")
            return Literal(None)
        tree = self.nested()
        self.expect(")")
        return tree

    def number(self, text: str) -> Ast:
        value: int | Decimal = Decimal(text) if "." in text else int(text.rstrip("L"))
        if text[-1] == "L":
            return Literal(Long(value))
        kind, found, _ = self.peek()
        if kind == "string":
            self.take()
            return Literal(Quantity(Decimal(value), unescape(found[1:-1])))
        if kind == "name" and found in CALENDAR_UNITS:
            self.take()
            return Literal(Quantity(Decimal(value), CALENDAR_UNITS[found], calendar=True))
        return Literal(value)

    def string(self, text: str) -> Ast:
        return Literal(unescape(text[1:-1]))

    def variable(self, text: str) -> Ast:
        name = text[1:]
        return Variable(unescape(name[1:-1]) if name[0] in "`'\"" else name)

    def date(self, text: str) -> Ast:
        value = parse_literal(text)
        if value is None:
            raise FhirPathSyntaxError(f"{text!r} is no date, time or dateTime")
        return Literal(value)


_TERMS: dict[str, Callable[[_Parser, str], Ast]] = {
    "number": _Parser.number,
    "string": _Parser.string,
    "variable": _Parser.variable,
    "date": _Parser.date,
}
