"""The compiler: a syntax tree becomes nested Python functions, once per expression."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from payerproof.guides.fhirpath import ast, filtering, functions
from payerproof.guides.fhirpath.errors import FhirPathError
from payerproof.guides.fhirpath.items import Collection, Context, Item, Node, Scope, member
from payerproof.guides.fhirpath.operators import BINARY, LOGIC, one, type_op, unary
from payerproof.guides.fhirpath.parser import parse
from payerproof.guides.fhirpath.typing import is_type_name, reflection

Fn = Callable[[Scope], Collection]


class Expression:
    """A compiled expression; safe to share between threads and inputs."""

    __slots__ = ("_run", "text", "tree")

    def __init__(self, text: str) -> None:
        self.text = text
        self.tree = parse(text)
        self._run = compile_tree(self.tree)

    def evaluate(self, focus: Item | Collection, env: Context) -> Collection:
        """All results, in order; raises `FhirPathError`."""
        start = focus if isinstance(focus, list) else [focus]
        try:
            return self._run(Scope(env, start))
        except RecursionError as why:
            raise FhirPathError("nested too deeply to evaluate") from why
        except (TypeError, AttributeError, ValueError) as why:
            # Data may hold anything anywhere; what its type forbids is reported elsewhere.
            raise FhirPathError(f"a value is not of its type ({why})") from why

    def true(self, focus: Item, env: Context) -> bool:
        """As a rule: met unless it comes out as false; nothing counts as not met.

        FHIR R4 conformance: an invariant must evaluate to true; HL7's validator converts a
        single item that is no boolean to true, and an empty result to false.
        """
        result = self.evaluate(focus, env)
        if not result:
            return False
        return all(
            (item.value if isinstance(item, Node) and item.type == "boolean" else item) is not False
            for item in result
        )


def evaluate(expression: str, resource: Any, **variables: Collection) -> Collection:
    """Evaluate on a resource as parsed JSON, with the types of FHIR R4 and no resolver."""
    from payerproof.guides.library import Library
    from payerproof.guides.model import TypeModel

    model = _models.get("R4")
    if model is None:
        core = Library().core
        model = _models["R4"] = TypeModel(core.structures, core.base_types)
    node = Node(resource, str(resource.get("resourceType", "")))
    env = Context(model, node, node, node, variables=dict(variables))
    return compile_expression(expression).evaluate(node, env)


_models: dict[str, Any] = {}


@lru_cache(maxsize=4096)
def compile_expression(text: str) -> Expression:
    """Parse and compile; raises `FhirPathError` when the text is not FHIRPath."""
    return Expression(text)


def compile_tree(tree: ast.Ast) -> Fn:
    """The function of a tree."""
    return _COMPILERS[type(tree)](tree)


def _literal(tree: Any) -> Fn:
    if tree.value is None:
        return lambda _: []
    value = tree.value
    return lambda _: [value]


def _this(_: Any) -> Fn:
    return lambda scope: scope.this


def _special(tree: Any) -> Fn:
    if tree.name == "$index":
        return lambda scope: [scope.index]
    return lambda scope: scope.total


_CONSTANTS: dict[str, str] = {
    "sct": "http://snomed.info/sct",
    "loinc": "http://loinc.org",
    "ucum": "http://unitsofmeasure.org",
}


def _variable(tree: Any) -> Fn:
    name = tree.name
    if name in _CONSTANTS:
        constant = _CONSTANTS[name]
        return lambda _: [constant]
    if name in ("resource", "rootResource", "context"):
        attribute = {"rootResource": "root"}.get(name, name)

        def around(scope: Scope) -> Collection:
            value = getattr(scope.env, attribute)
            return [] if value is None else [value]

        return around
    for prefix, folder in (("vs-", "ValueSet"), ("ext-", "StructureDefinition")):
        if name.startswith(prefix):
            address = f"http://hl7.org/fhir/{folder}/{name.removeprefix(prefix)}"
            return lambda _: [address]
    return _defined(name)


def _defined(name: str) -> Fn:
    def run(scope: Scope) -> Collection:
        if name in scope.variables:
            return scope.variables[name]
        if name in scope.env.variables:
            return scope.env.variables[name]
        raise FhirPathError(f"%{name} is not defined")

    return run


def _member(tree: Any) -> Fn:
    name = tree.name
    if tree.head:
        return _head(name)
    target = compile_tree(tree.target)

    def run(scope: Scope) -> Collection:
        model = scope.env.model
        out: Collection = []
        for item in target(scope):
            if isinstance(item, Node):
                out += member(item, name, model)
            else:
                out += reflection(item, name)
        return out

    return run


def _head(name: str) -> Fn:
    """The first step: an element of the focus, or the focus itself when it names its type."""

    def run(scope: Scope) -> Collection:
        model = scope.env.model
        out: Collection = []
        for item in scope.this:
            if not isinstance(item, Node):
                out += reflection(item, name)
            elif name[:1].isupper() and name in model.supertypes(item.type):
                out.append(item)
            else:
                out += member(item, name, model)
        return out

    return run


def _call(tree: Any) -> Fn:
    maker = functions.REGISTRY.get(tree.name)
    if maker is None:
        raise FhirPathError(f"there is no function {tree.name}()")
    low, high, make, takes_types = maker
    if not low <= len(tree.args) <= high:
        raise FhirPathError(f"{tree.name}() does not take {len(tree.args)} arguments")
    target = compile_tree(tree.target)
    if tree.name == "sort":
        return filtering.sorting(target, [_sort_key(a) for a in tree.args])
    if takes_types:
        made: Fn = make(target, type_argument(tree.args[0]))
    else:
        made = make(target, *[compile_tree(a) for a in tree.args])
    return made


def _sort_key(tree: ast.Ast) -> tuple[Fn, bool]:
    """A key and whether it sorts downwards: ``x desc``, or ``-x`` as older texts have it."""
    if isinstance(tree, ast.Unary) and tree.op in ("-", "asc", "desc"):
        return compile_tree(tree.operand), tree.op != "asc"
    return compile_tree(tree), False


def type_argument(tree: ast.Ast) -> str:
    """The type named by an argument such as ``FHIR.Patient``."""
    if isinstance(tree, ast.Member) and tree.head:
        return tree.name
    if isinstance(tree, ast.Member):
        return f"{type_argument(tree.target)}.{tree.name}"
    raise FhirPathError("a type name is expected here")


def _index(tree: Any) -> Fn:
    target, at = compile_tree(tree.target), compile_tree(tree.at)

    def run(scope: Scope) -> Collection:
        where = one(at(scope), "an index")
        if where is None:
            return []
        if not isinstance(where, int) or isinstance(where, bool):
            raise FhirPathError("an index is a whole number")
        items = target(scope)
        return [items[where]] if 0 <= where < len(items) else []

    return run


def _unary(tree: Any) -> Fn:
    operand = compile_tree(tree.operand)
    op = tree.op
    return lambda scope: unary(op, operand(scope))


def _binary(tree: Any) -> Fn:
    left, right = compile_tree(tree.left), compile_tree(tree.right)
    if _defines(tree):
        left, right = _apart(left), _apart(right)
    logic = LOGIC.get(tree.op)
    if logic is not None:
        return lambda scope: logic(left, right, scope)
    action = BINARY[tree.op]
    return lambda scope: action(left(scope), right(scope))


def _defines(tree: ast.Ast) -> bool:
    """Whether a variable is defined anywhere in a tree."""
    if isinstance(tree, ast.Call):
        return tree.name == "defineVariable" or any(map(_defines, (tree.target, *tree.args)))
    if isinstance(tree, ast.Binary):
        return _defines(tree.left) or _defines(tree.right)
    if isinstance(tree, ast.Member | ast.Index):
        return _defines(tree.target)
    return False


def _apart(run: Fn) -> Fn:
    """An operand whose variables end with it."""

    def apart(scope: Scope) -> Collection:
        inner = Scope(scope.env, scope.this, scope.index, scope.total, {**scope.variables})
        return run(inner)

    return apart


def _type_op(tree: Any) -> Fn:
    operand = compile_tree(tree.operand)
    op, name = tree.op, tree.type_name

    def run(scope: Scope) -> Collection:
        model = scope.env.model
        if not is_type_name(name, model):
            raise FhirPathError(f"there is no type {name}")
        return type_op(op, operand(scope), name, model)

    return run


_COMPILERS: dict[type[ast.Ast], Callable[[Any], Fn]] = {
    ast.Literal: _literal,
    ast.This: _this,
    ast.Special: _special,
    ast.Variable: _variable,
    ast.Member: _member,
    ast.Call: _call,
    ast.Index: _index,
    ast.Unary: _unary,
    ast.Binary: _binary,
    ast.TypeOp: _type_op,
}
