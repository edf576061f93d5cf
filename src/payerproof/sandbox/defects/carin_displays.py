"""Displays of codes that their code system doesn't know (CARIN Blue Button, General Guidance)."""

from __future__ import annotations

from payerproof.sandbox.data.world import Resource, World
from payerproof.sandbox.defects.changing import data

_AREA = "carin_bb"
_RULES = "CARIN-BB:general-guidance"
_OWN = "Your doctor or hospital"


def _shown(claim: Resource, shown: str, text: str = "") -> Resource:
    payee = dict(claim["payee"])
    kind = {"coding": [{**one, "display": shown} for one in payee["type"]["coding"]]}
    payee["type"] = {**kind, "text": text} if text else kind
    return {**claim, "payee": payee}


@data(
    "payee-types-in-own-words",
    _AREA,
    _RULES,
    "The display of a payee's type is the plan's own word, not one of the code system",
)
def _own_words(world: World) -> World:
    return world.edit_claims(lambda one: _shown(one, _OWN))


@data(
    "own-words-beside-payee-types",
    _AREA,
    _RULES,
    "The plan's own words for a payee's type stand in text, the display is in capitals",
    lawful=True,
)
def _own_words_in_text(world: World) -> World:
    return world.edit_claims(lambda one: _shown(one, "PROVIDER", _OWN))
