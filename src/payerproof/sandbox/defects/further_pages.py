"""Pages between an app and a member's data that have no business there."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from payerproof.sandbox.defects import Defect, register
from payerproof.sandbox.defects.rewriting import portal
from payerproof.sandbox.portal.visit import take_over

if TYPE_CHECKING:
    from payerproof.sandbox.portal.sessions import Journey
    from payerproof.sandbox.tenant import Tenant

_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Terms of use</title></head>
<body>
<h1>Terms of use of our data exchange</h1>
<p>Before an app can be connected you have to accept the terms of use of our data exchange.</p>
<form method="get" action="{action}">
{fields}
<p><input type="checkbox" id="terms" name="terms" value="yes" required>
<label for="terms">I accept the terms of use</label></p>
<button type="submit">Continue</button>
</form>
</body>
</html>
"""


async def _terms_first(tenant: Tenant, request: Request, journey: Journey) -> Response:
    if request.method != "GET" or "terms" in request.query_params:
        return await take_over(tenant, request, journey)
    fields = "\n".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in request.query_params.multi_items()
    )
    page = _PAGE.format(action=f"{tenant.base}/oauth/authorize", fields=fields)
    return HTMLResponse(page, headers=tenant.policies.portal.page_headers(tenant, journey))


register(
    Defect(
        "terms-before-every-connection",
        "consent",
        ("Q-AUTH-16",),
        "Each time before an app is connected, terms of the payer's own have to be accepted",
        portal(take_over=_terms_first),
    )
)
