"""Faults of pages that tell others: third parties in the page, member facts in addresses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote, urlsplit

from payerproof.sandbox.defects import Defect, register
from payerproof.sandbox.defects.rewriting import Change, edge, every, oauth, page, portal, swap
from payerproof.sandbox.oauth.asking import Pairs, code_parameters
from payerproof.sandbox.portal.pages import page_headers

if TYPE_CHECKING:
    from payerproof.sandbox.portal.sessions import Journey, Session
    from payerproof.sandbox.tenant import Tenant


def _defect(name: str, cites: str, title: str, change: Change, twin: str = "") -> None:
    register(Defect(name, "consent", tuple(cites.split()), title, change, twin=twin))


def _twin(name: str, cites: str, title: str, change: Change) -> None:
    register(Defect(name, "consent", tuple(cites.split()), title, change, lawful=True))


def _letting_in(*directives: str) -> Change:
    """Relax the content security policy of pages; a source of styles goes beside the own one."""

    def headers(tenant: Tenant, journey: Journey | None) -> dict[str, str]:
        sent = page_headers(tenant, journey)
        policy = sent["Content-Security-Policy"]
        for directive in directives:
            name, _, source = directive.partition(" ")
            if f"{name} " in policy:
                policy = policy.replace(f"{name} ", f"{name} {source} ", 1)
            else:
                policy += f"; {directive}"
        return {**sent, "Content-Security-Policy": policy}

    return portal(page_headers=headers)


# -- third parties

_HEAD_ENDS = "</head>"
_TAGS = "https://tags.tag-manager.example"
_PIXEL = "https://px.ad-network.example"
_FONTS = "https://fonts.type-foundry.example"
_REPLAY = "https://synthetic-plan.112.2o7.net"
_WHO = '<div class="who">\n'

_defect(
    "sign-in-loads-a-tag-manager",
    "N-LEAK-04 N-OAUTH-20",
    "The pages before sign-in load a tag manager's script, as the plan's public site does",
    every(
        _letting_in(f"script-src {_TAGS}"),
        page(
            "base",
            swap(
                _HEAD_ENDS,
                f'{{% if not signed_in %}}<script async src="{_TAGS}/tag.js?id=SYN-1"></script>\n'
                f"{{% endif %}}{_HEAD_ENDS}",
            ),
        ),
    ),
    twin="pages-run-a-script-of-their-own",
)
_defect(
    "consent-page-has-a-pixel",
    "N-LEAK-04 N-OAUTH-20",
    "The consent page carries an advertiser's pixel, with the app in its address",
    every(
        _letting_in(f"img-src {_PIXEL}"),
        page(
            "consent",
            swap(
                _WHO,
                f'<img src="{_PIXEL}/p.gif?event=consent&amp;app={{{{ view.app.client_id }}}}" '
                f'width="1" height="1" alt="">\n{_WHO}',
            ),
        ),
    ),
    twin="consent-shows-a-logo-of-its-own",
)
_defect(
    "pages-load-a-web-font",
    "N-OAUTH-20 N-LEAK-04",
    "Every page of the portal loads its typeface from somebody else's server",
    every(
        _letting_in(f"style-src {_FONTS}", f"font-src {_FONTS}"),
        page(
            "base",
            swap(
                _HEAD_ENDS,
                f'<link rel="stylesheet" href="{_FONTS}/css?family=Plan+Sans">\n{_HEAD_ENDS}',
            ),
        ),
    ),
)
_defect(
    "connected-apps-page-is-recorded",
    "N-LEAK-04",
    "The connected apps page loads a script that records what members see and do",
    every(
        _letting_in(f"script-src {_REPLAY}", f"connect-src {_REPLAY}"),
        page("apps", swap("<h1>", f'<script src="{_REPLAY}/rec.js" defer></script>\n<h1>')),
    ),
    twin="pages-run-a-script-of-their-own",
)
_defect(
    "connected-apps-told-by-script",
    "N-LEAK-04",
    "A script in the connected apps page sends member's name and apps to an advertiser",
    every(
        _letting_in("script-src 'unsafe-inline'", f"img-src {_PIXEL}"),
        page(
            "apps",
            swap(
                "{% endfor %}\n{% endblock %}",
                "{% endfor %}\n<script>new Image().src = "
                f'"{_PIXEL}/p.gif?who=" + encodeURIComponent({{{{ signed_in | tojson }}}}) + '
                '"&apps=" + document.querySelectorAll("section.app").length;</script>\n'
                "{% endblock %}",
            ),
        ),
    ),
    twin="pages-run-a-script-of-their-own",
)
_defect(
    "consent-decision-told-by-beacon",
    "N-LEAK-04 N-OAUTH-20",
    "Pressing a button of the consent page sends a beacon to a measuring service",
    every(
        _letting_in("script-src 'unsafe-inline'", f"connect-src {_TAGS}"),
        page(
            "consent",
            swap(
                '<div class="choices">',
                f'<div class="choices" onclick="navigator.sendBeacon(\'{_TAGS}/c?e=decision\')">',
            ),
        ),
    ),
)
_defect(
    "consent-loads-the-apps-logo",
    "N-OAUTH-20",
    "The consent page shows the app's logo straight from the app's own site",
    every(
        _letting_in("img-src https:"),
        page(
            "consent",
            swap(_WHO, f'<img src="{{{{ view.app.site }}}}logo.png" alt="" width="48">\n{_WHO}'),
        ),
    ),
    twin="consent-shows-a-logo-of-its-own",
)
_twin(
    "consent-shows-a-logo-of-its-own",
    "N-OAUTH-20",
    "The consent page shows a logo that stands in the page itself",
    every(
        _letting_in("img-src data:"),
        page(
            "consent",
            swap(
                _WHO,
                '<img src="data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAAAAAAALAAAAAABAAEA'
                f'AAIBRAA7" alt="" width="48" height="48">\n{_WHO}',
            ),
        ),
    ),
)
_twin(
    "pages-run-a-script-of-their-own",
    "N-LEAK-04",
    "The portal's pages run a small script of their own, which fetches and sends nothing",
    every(
        _letting_in("script-src 'unsafe-inline'"),
        page(
            "base",
            swap(
                _HEAD_ENDS,
                '<script>document.documentElement.classList.add("js");</script>\n' + _HEAD_ENDS,
            ),
        ),
    ),
)


# -- member facts in addresses


def _session(tenant: Tenant, headers: Mapping[str, str]) -> Session | None:
    key = headers.get("set-cookie", "").partition("=")[2].partition(";")[0]
    return tenant.sessions.find(key)


def _in_address(ending: str, fact: Callable[[Tenant, Session, str], str]) -> Change:
    """Add a parameter to the address of a portal page when a browser is sent there."""

    def edit(tenant: Tenant, _path: str, status: int, headers: Mapping[str, str]) -> dict[str, str]:
        location = headers.get("location", "")
        page_of = urlsplit(location).path.removeprefix(f"/{tenant.name}/portal/")
        session = _session(tenant, headers) if status == 303 and page_of == ending else None
        added = fact(tenant, session, location) if session is not None else ""
        if not added:
            return {}
        return {"Location": f"{location}{'&' if '?' in location else '?'}{added}"}

    return edge(edit_headers=edit)


def _member_number(tenant: Tenant, session: Session, location: str) -> str:
    journey = session.journeys.get(parse_qs(urlsplit(location).query).get("journey", [""])[0])
    member = tenant.world.person_of(journey.patient) if journey is not None else None
    return f"member={member.member_number}" if member is not None else ""


def _user_name(_tenant: Tenant, session: Session, _location: str) -> str:
    return f"user={quote(session.pending)}" if session.pending else ""


def _full_name(tenant: Tenant, session: Session, _location: str) -> str:
    person = tenant.world.people.get(session.user)
    return f"name={quote(person.name)}" if person is not None else ""


def _with_member_number(tenant: Tenant, state: str | None, code: str) -> Pairs:
    grant = tenant.grants.codes[code].connection.grant
    member = tenant.world.person_of(grant.patient)
    found = code_parameters(tenant, state, code)
    return found if member is None else [*found, ("member_id", member.member_number)]


_defect(
    "consent-address-holds-member-number",
    "N-LEAK-02",
    "The address of the consent page holds the member number",
    _in_address("consent", _member_number),
)
_defect(
    "second-factor-address-holds-user-name",
    "N-LEAK-02",
    "The address of the second-factor page holds the user name",
    _in_address("second-factor", _user_name),
)
_defect(
    "connected-apps-address-holds-name",
    "N-LEAK-02",
    "After sign-in the address of the connected apps page holds the member's full name",
    _in_address("apps", _full_name),
)
_defect(
    "callback-holds-member-number",
    "N-LEAK-02 N-OAUTH-20",
    "The address by which the code goes back to the app also holds the member number",
    oauth(code_parameters=_with_member_number),
)


# -- names before sign-in

_CODE_HINT = '<p class="quiet">Open the authenticator app on your phone. Each code works once.</p>'
_OWNER = "tenant.world.people[session.pending]"

_defect(
    "sign-in-greets-the-last-member",
    "AC-02-3 N-LEAK-02",
    "The sign-in page names the member who signed in last, in whatever browser that was",
    page(
        "sign-in",
        swap(
            "{{ alert(error) }}",
            "{{ alert(error) }}\n{% for user in (tenant.attempts.last_step | list)[-1:] %}\n"
            "<p>Welcome back, {{ tenant.world.people[user].name }}.</p>\n{% endfor %}",
        ),
    ),
)
_defect(
    "second-factor-page-shows-contact",
    "AC-02-3 N-OAUTH-28",
    "After the password alone, the second-factor page shows name and e-mail address in full",
    page(
        "second-factor",
        swap(
            _CODE_HINT,
            f"{_CODE_HINT}\n{{% if session.pending %}}\n<p>{{{{ {_OWNER}.name }}}}, no "
            f"code? We can send one to {{{{ {_OWNER}.email }}}}.</p>\n{{% endif %}}",
        ),
    ),
    twin="second-factor-page-shows-masked-contact",
)
_twin(
    "second-factor-page-shows-masked-contact",
    "AC-02-3 N-OAUTH-28",
    "The second-factor page names an e-mail address by its first letter",
    page(
        "second-factor",
        swap(
            _CODE_HINT,
            f"{_CODE_HINT}\n{{% if session.pending %}}\n<p>No code? We can send one to "
            f"{{{{ {_OWNER}.email[:1] }}}}•••@•••.</p>\n{{% endif %}}",
        ),
    ),
)
