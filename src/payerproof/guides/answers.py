"""A QuestionnaireResponse against its Questionnaire, where that is at hand (R4, both sections).

The Questionnaire is contained, or comes from the resolver that the caller gave; else nothing is
said about the answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from payerproof.guides.questionnaires import Way, rows
from payerproof.guides.references import contained
from payerproof.guides.run import Place, Run
from payerproof.guides.schema import Node

_KEYS = {
    "boolean": ("valueBoolean",),
    "decimal": ("valueDecimal",),
    "integer": ("valueInteger",),
    "date": ("valueDate",),
    "dateTime": ("valueDateTime",),
    "time": ("valueTime",),
    "string": ("valueString",),
    "text": ("valueString",),
    "url": ("valueUri",),
    "choice": ("valueCoding", "valueString", "valueInteger", "valueDate", "valueTime"),
    "open-choice": ("valueCoding", "valueString", "valueInteger", "valueDate", "valueTime"),
    "attachment": ("valueAttachment",),
    "reference": ("valueReference",),
    "quantity": ("valueQuantity",),
}
"""Type of a question -> the forms of its answers."""

_DONE = ("completed", "amended")


def check(run: Run, place: Place, base: Node) -> None:
    """Judge the items of a response by the items of its Questionnaire."""
    questions = _questionnaire(run, place.value.get("questionnaire"))
    if questions is None:
        return

    def report(rule: str, way: Way, message: str) -> None:
        steps = "".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s in way)
        where = Place(place.path + steps, (*place.pointer, *way), None, None, "Element", place)
        run.report(rule, where, base, message, expected=message, found="something else")

    _Judge(place.value, report).level(questions, place.value, ())


def _questionnaire(run: Run, address: Any) -> dict[str, Any] | None:
    if not isinstance(address, str):
        return None
    found = contained(run.env.root, address) if address.startswith("#") else None
    if found is None and run.resolver is not None and not address.startswith("#"):
        found = run.resolver(address.partition("|")[0])
    right = isinstance(found, dict) and found.get("resourceType") == "Questionnaire"
    return found if right else None


class _Judge:
    """One response; answers are looked up by linkId for enableWhen."""

    def __init__(self, response: dict[str, Any], report: Callable[[str, Way, str], None]) -> None:
        self.report = report
        self.done = response.get("status") in _DONE
        self.given: dict[str, list[dict[str, Any]]] = {}
        for _, item in _all_items(response, ()):
            link = item.get("linkId")
            if isinstance(link, str):
                self.given.setdefault(link, []).extend(a for _, a in rows(item, "answer"))

    def level(self, questions: Any, holder: Any, way: Way) -> None:
        """The items of one level, their order and number."""
        asked = [q for _, q in rows(questions, "item")]
        order = [q.get("linkId") for q in asked]
        sent = list(rows(holder, "item", way))
        last = -1
        for here, item in sent:
            link = item.get("linkId")
            if link not in order:
                self.report("answers-link", (*here, "linkId"), "Name an item that is asked here.")
                continue
            at = order.index(link)
            if at < last:
                self.report("answers-order", here, "Keep the order of the Questionnaire.")
            last = max(last, at)
            self._item(asked[at], item, here)
        for question in asked:
            self._missing(question, [i for _, i in sent], way)

    def _missing(self, question: dict[str, Any], sent: list[dict[str, Any]], way: Way) -> None:
        link = question.get("linkId")
        mine = [i for i in sent if i.get("linkId") == link]
        if len(mine) > 1 and question.get("type") != "group":
            self.report("answers-number", (*way, "item"), f"Send the item {link} once.")
        if self.done and question.get("required") is True and self._enabled(question) and not mine:
            self.report("answers-required", way, f"Answer {link}: it is required.")

    def _item(self, question: dict[str, Any], item: dict[str, Any], way: Way) -> None:
        kind = question.get("type")
        answers = list(rows(item, "answer", way))
        if answers and not self._enabled(question):
            self.report("answers-enabled", way, "Leave out what enableWhen does not ask for.")
        if answers and kind in ("group", "display"):
            self.report("answers-type", way, f"Send no answer to a {kind}.")
            return
        if len(answers) > 1 and question.get("repeats") is not True:
            self.report("answers-number", way, "Send one answer: the question does not repeat.")
        for here, answer in answers:
            self._answer(question, answer, here)
            self.level(question, answer, here)
        if kind == "group" or "item" in item:
            self.level(question, item, way)

    def _answer(self, question: dict[str, Any], answer: dict[str, Any], way: Way) -> None:
        key = next((k for k in answer if k.startswith("value")), None)
        kind = question.get("type")
        if key is None or not isinstance(kind, str) or kind not in _KEYS:
            return
        if key not in _KEYS[kind]:
            self.report("answers-type", way, f"Answer with {_KEYS[kind][0]}.")
            return
        options = [o.get(key) for _, o in rows(question, "answerOption") if key in o]
        free = kind == "open-choice" and key == "valueString"
        if options and not free and not any(_same(o, answer[key]) for o in options):
            self.report("answers-option", way, "Choose one of the options of the question.")

    def _enabled(self, question: dict[str, Any]) -> bool:
        tests = [self._holds(w) for _, w in rows(question, "enableWhen")]
        return not tests or (any if question.get("enableBehavior") == "any" else all)(tests)

    def _holds(self, when: dict[str, Any]) -> bool:
        asked = when.get("question")
        answers = self.given.get(asked, []) if isinstance(asked, str) else []
        operator = when.get("operator")
        key = next((k for k in when if k.startswith("answer")), "answer")
        wanted, form = when.get(key), "value" + key.removeprefix("answer")
        if operator == "exists":
            return bool(answers) is wanted
        found = [a[form] for a in answers if form in a]
        if operator == "=":
            return any(_same(wanted, value) for value in found)
        if operator == "!=":
            return not any(_same(wanted, value) for value in found)
        return any(_ordered(str(operator), value, wanted) for value in found)


def _same(option: Any, value: Any) -> bool:
    if isinstance(option, dict) and isinstance(value, dict) and "code" in option:
        return (option.get("system"), option["code"]) == (value.get("system"), value.get("code"))
    return bool(option == value)


def _ordered(operator: str, value: Any, wanted: Any) -> bool:
    if isinstance(value, dict) and isinstance(wanted, dict):
        value, wanted = value.get("value"), wanted.get("value")
    try:
        order = (value > wanted) - (value < wanted)
    except TypeError:
        return True
    met = {">": order > 0, "<": order < 0, ">=": order >= 0, "<=": order <= 0}
    return bool(met.get(operator, True))


def _all_items(value: Any, way: Way) -> Iterator[tuple[Way, dict[str, Any]]]:
    for here, item in rows(value, "item", way):
        yield here, item
        yield from _all_items(item, here)
        for there, answer in rows(item, "answer", here):
            yield from _all_items(answer, there)
