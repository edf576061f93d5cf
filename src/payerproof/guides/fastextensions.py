"""Extensions in the fast pass: dispatched by address to the definition, contexts decided once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from payerproof.guides.fastsupport import Env, Site, Slow
from payerproof.guides.run import canonical
from payerproof.guides.schema import Node

if TYPE_CHECKING:
    from payerproof.guides.fast import Fast, Table


class Extensions:
    """The extensions that may stand at one kind of holder."""

    def __init__(
        self, fast: Fast, holder: Table, base: tuple[Node, ...], slices: tuple[Node, ...] = ()
    ) -> None:
        self.fast = fast
        self.holder = holder
        self.base = base
        self.slices = slices
        self.tables: dict[tuple[str, int], tuple[Table, int]] = {}

    def __call__(self, value: Any, env: Env, chosen: int = -1) -> None:
        """Judge one extension; raises `Slow`."""
        key = (value["url"], chosen)
        found = self.tables.get(key)
        if found is None:
            found = self._find(*key)
            if len(self.tables) < 500:
                self.tables[key] = found
        table, site = found
        if site >= 0:
            env.warnings.append(site)
            env.unjudged.add(site + 1)
        table[tuple(value)](value, env)

    def _find(self, url: str, chosen: int) -> tuple[Table, int]:
        if "://" not in url and not url.startswith("urn:"):
            raise Slow
        nodes = list(self.base)
        if chosen >= 0:
            nodes.append(self.slices[chosen])
        root = self._definition(url)
        if root is None:
            raise Slow
        if root.structure.type != "Extension" or root.facts.get("z"):
            raise Slow
        if not self._fits(root):
            raise Slow
        nodes.append(root)
        return self.fast.table(tuple(nodes), "Extension"), -1

    def _definition(self, url: str) -> Node | None:
        """The definition as the explaining pass would find it; `Slow` where that could differ."""
        schema = self.fast.schema
        found = {schema.profile(url, node.structure) for node in self.holder.nodes}
        if len(found) != 1:
            raise Slow
        is_root = self.holder.type == self.holder.nodes[0].structure.type and all(
            "." not in node.id for node in self.holder.nodes
        )
        bare = url.partition("|")[0]
        holding = [g for g in schema.library.guides.values() if self._has(g, bare)]
        if len(holding) > 1 and not is_root:
            raise Slow
        return found.pop()

    def _has(self, guide: Any, url: str) -> bool:
        return bool(guide.canonical) and url.startswith(guide.canonical) and url in guide.structures

    def _fits(self, root: Node) -> bool:
        """Whether the holder is a context that the definition names, as far as known for sure."""
        contexts = root.structure.facts.get("context")
        if not contexts:
            return True
        model = self.fast.schema.model
        names = set(model.supertypes(self.holder.type))
        for node in self.holder.nodes:
            if node.structure.facts["kind"] == "resource":
                names.add(".".join(part.split(":")[0] for part in node.id.split(".")))
        return any(kind == "element" and expression in names for kind, expression in contexts)


__all__ = ["Extensions", "Site", "canonical"]
