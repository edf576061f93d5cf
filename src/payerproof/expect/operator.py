"""What the payer's operator does for a check: hooks of the payer file's table ``[controls]``."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from payerproof.expect.doorstep import Sends
from payerproof.expect.outcomes import NotTested, inconclusive_unless
from payerproof.polite import Answer
from payerproof.target import Target


def operate(api: Sends, target: Target, name: str, /, **what: Any) -> Answer:
    """Call the HTTP hook of a control with a JSON object.

    Raises `NotTested` where the control is of another kind, `Inconclusive` where the hook fails.
    """
    control = target.controls[name]
    if control.kind != "http" or not control.url:
        raise NotTested(f'needs a hook: set kind = "http" and a url under [controls.{name}]')
    token = control.token.reveal() if control.token else ""
    if control.method == "GET":
        query = f"?{urlencode(what)}" if what else ""
        answer = api.send("GET", control.url + query, bearer=token)
    else:
        answer = api.send("POST", control.url, json=what, bearer=token)
    inconclusive_unless(
        answer.status < 300, f"the hook {name} answered {answer.status}", answer.exchange
    )
    return answer
