"""The syntax tree of an expression: small frozen nodes, nothing evaluated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Ast:
    """Any node."""


@dataclass(frozen=True, slots=True)
class Literal(Ast):
    """A literal; ``value`` is a System value, or None for the empty collection ``{}``."""

    value: Any


@dataclass(frozen=True, slots=True)
class This(Ast):
    """``$this``, or the implied focus at the head of a path."""


@dataclass(frozen=True, slots=True)
class Special(Ast):
    """``$index`` or ``$total``."""

    name: str


@dataclass(frozen=True, slots=True)
class Variable(Ast):
    """``%name``."""

    name: str


@dataclass(frozen=True, slots=True)
class Member(Ast):
    """``target.name``; ``head`` marks the first step, which may be a type name."""

    target: Ast
    name: str
    head: bool = False


@dataclass(frozen=True, slots=True)
class Call(Ast):
    """``target.name(args)``."""

    target: Ast
    name: str
    args: tuple[Ast, ...]


@dataclass(frozen=True, slots=True)
class Index(Ast):
    """``target[at]``."""

    target: Ast
    at: Ast


@dataclass(frozen=True, slots=True)
class Unary(Ast):
    """``+x`` or ``-x``."""

    op: str
    operand: Ast


@dataclass(frozen=True, slots=True)
class Binary(Ast):
    """``left op right``."""

    op: str
    left: Ast
    right: Ast


@dataclass(frozen=True, slots=True)
class TypeOp(Ast):
    """``operand is type`` or ``operand as type``; the name may be qualified."""

    op: str
    operand: Ast
    type_name: str
