"""Faults of what the consent page says: who asks, for how long, at what risk, and how to stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payerproof.sandbox.defects import Defect, register
from payerproof.sandbox.defects.rewriting import Change, cut, every, page, portal, swap
from payerproof.sandbox.portal.deciding import attestation_words, day_in_words

if TYPE_CHECKING:
    from payerproof.sandbox.apps import App
    from payerproof.sandbox.tenant import Tenant


def _defect(name: str, cites: str, title: str, change: Change, twin: str = "") -> None:
    register(Defect(name, "consent", tuple(cites.split()), title, change, twin=twin))


def _twin(name: str, cites: str, title: str, change: Change) -> None:
    register(Defect(name, "consent", tuple(cites.split()), title, change, lawful=True))


# -- who asks

_defect(
    "consent-names-the-client-id",
    "N-REV-16 AC-04-2",
    "The consent page shows the app's client id where its name belongs",
    page("consent", swap("view.app.name", "view.app.client_id")),
)
_defect(
    "consent-without-developer",
    "N-REV-16 AC-04-3",
    "The consent page doesn't say who made the app, nor where its site is",
    every(
        page("consent", cut("<dt>Made by</dt>", "<dt>Privacy</dt>")),
        portal(
            attestation_words=lambda app: attestation_words(app).replace(
                app.developer, "Its developer"
            )
        ),
    ),
)
_defect(
    "consent-without-policy-link",
    "N-REV-16 AC-04-3",
    "The consent page tells members to read the app's privacy policy and doesn't link to it",
    page("consent", cut("<dt>Privacy</dt>", "<dt>Information of</dt>")),
    twin="consent-in-other-words",
)
_defect(
    "consent-links-another-apps-policy",
    "N-REV-16 AC-09-2",
    "The consent page links every app to the privacy policy of the first app ever registered",
    page(
        "consent",
        swap(
            'href="{{ view.app.privacy_policy }}"',
            'href="{{ (tenant.apps.values() | first).privacy_policy }}"',
        ),
    ),
)


# -- the developer's attestation


def _only_the_good_news(app: App) -> str:
    return attestation_words(app) if app.attested else "Read the app's privacy policy first."


def _only_the_bad_news(app: App) -> str:
    return "" if app.attested else attestation_words(app)


def _everybody_has(app: App) -> str:
    return f"{app.developer} has told us that it follows a privacy policy."


def _in_a_few_words(app: App) -> str:
    told = "has agreed to them" if app.attested else "has not agreed to them"
    return f"Privacy questions of the CARIN code of conduct: {app.developer} {told}."


_defect(
    "consent-silent-on-unattested-app",
    "N-REV-17 AC-04-3",
    "The consent page says nothing of attestation where the developer hasn't attested",
    portal(attestation_words=_only_the_good_news),
    twin="consent-attestation-in-few-words",
)
_defect(
    "consent-silent-on-attested-app",
    "N-REV-17 AC-04-3",
    "The consent page says nothing of attestation where the developer has attested",
    portal(attestation_words=_only_the_bad_news),
    twin="consent-attestation-in-few-words",
)
_defect(
    "consent-takes-every-app-for-attested",
    "N-REV-17 AC-09-2",
    "The consent page says of every developer that it follows a privacy policy",
    portal(attestation_words=_everybody_has),
)
_twin(
    "consent-attestation-in-few-words",
    "N-REV-17",
    "Attestation is one short line, agreed or not agreed to the CARIN questions",
    portal(attestation_words=_in_a_few_words),
)


# -- how long


def _end_of_refresh_token(tenant: Tenant) -> str:
    return day_in_words(tenant.clock.now() + tenant.policies.oauth.refresh_token_lifetime)


_DURATION = ("<h2>How long this lasts</h2>", "{% if view.replaces %}")
_AWAY = "{% if view.extras | selectattr"

_defect(
    "consent-without-duration",
    "N-REV-16",
    "The consent page doesn't say how long access lasts",
    page("consent", cut(*_DURATION)),
    twin="consent-in-other-words",
)
_defect(
    "consent-names-a-wrong-end",
    "N-REV-16 N-REV-10",
    "The consent page promises an end after 90 days, and the grant lasts a year",
    portal(end_words=_end_of_refresh_token),
    twin="consent-in-other-words",
)
_defect(
    "consent-silent-on-access-while-away",
    "N-REV-16 AC-04-3",
    "Access while the member is away is asked for in a hidden field, and no word is said of it",
    page(
        "consent",
        cut(_AWAY, "</p>\n{% if view.replaces %}"),
        swap(
            "{% for item in view.extras %}",
            '{% for item in view.extras if item.id == "offline" %}\n'
            '<input type="hidden" name="share-offline" value="yes">\n{% endfor %}\n'
            '{% for item in view.extras if item.id != "offline" %}',
        ),
    ),
)


# -- risk, and how to stop

_STOP = ("<p>You can stop sharing at any time", '</div>\n<div class="choices">')
_RISK = ("<p>Once {{ view.app.name }} has the information", "<p>You can stop sharing")

_defect(
    "consent-promises-hipaa-protection",
    "N-REV-16",
    "The consent page says that the data stay protected by HIPAA in the app",
    page(
        "consent",
        cut(
            *_RISK,
            "<p>Your information stays safe: HIPAA, the federal privacy law, protects it in "
            "{{ view.app.name }} as it does with us.</p>\n",
        ),
    ),
    twin="consent-in-other-words",
)
_defect(
    "consent-without-way-to-stop",
    "N-REV-16",
    "The consent page doesn't say where sharing can be ended later",
    page("consent", cut(*_STOP)),
    twin="consent-in-other-words",
)
_defect(
    "consent-manage-link-is-dead",
    "N-REV-16 Q-DISC-08",
    "The consent page's link to the connected apps leads to an address that is gone",
    page("consent", swap("/portal/apps", "/portal/account/connections")),
)
_twin(
    "consent-in-other-words",
    "N-REV-16",
    "The consent page says the same of duration, risk and stopping in words of its own",
    page(
        "consent",
        swap("Privacy policy of {{ view.app.name }}", "How {{ view.app.name }} uses your data"),
        swap("How long this lasts", "For how long?"),
        swap(
            "Your choice holds until <strong>{{ view.ends }}</strong>.",
            "{{ view.app.name }} may come for your data up to <strong>{{ view.ends }}</strong>, "
            "unless you end it sooner.",
        ),
        cut(
            *_RISK,
            "<p>Please be aware: what you share leaves {{ face.plan_name }}. From then on we "
            "can't protect it. Most apps don't fall under HIPAA; the Federal Trade Commission "
            "watches over them instead.</p>\n",
        ),
        swap("You can stop sharing at any time under", "Changed your mind? Disconnect the app on"),
    ),
)


# -- whose data, and who is signed in

_OF = ("<dt>Information of</dt>", "</dl>")

_defect(
    "consent-names-nobody",
    "N-OAUTH-26",
    "The consent page doesn't say which member is signed in and whose data it is about",
    every(
        page(
            "consent",
            swap("You are signed in as <strong>{{ view.person.name }}</strong>.", "Signed in."),
            cut(*_OF),
            swap("else view.member.name", 'else "the member"'),
        ),
        page("base", swap("{% if signed_in %}", "{% if signed_in and not journey %}")),
    ),
)
_defect(
    "consent-without-switch-of-account",
    "N-OAUTH-26",
    "The consent page names who is signed in and offers no way to use another account",
    page(
        "consent",
        cut('<form method="post" action="{{ tenant.base }}/portal/sign-out">', "</div>\n<dl>"),
    ),
    twin="consent-switch-worded-otherwise",
)
_defect(
    "consent-switch-leads-back",
    "N-OAUTH-26",
    "“Not you?” on the consent page leads back to the same page, signed in as the same person",
    page(
        "consent",
        cut(
            '<form method="post" action="{{ tenant.base }}/portal/sign-out">',
            "</div>\n<dl>",
            '<form method="get" action="{{ tenant.base }}/portal/continue">\n'
            '<input type="hidden" name="journey" value="{{ journey.id }}">\n'
            '<button class="plain" type="submit">Not you? Use another account</button>\n</form>\n',
        ),
    ),
    twin="consent-switch-worded-otherwise",
)
_twin(
    "consent-switch-worded-otherwise",
    "N-OAUTH-26",
    "The consent page's way to another account reads “Switch account”",
    page("consent", swap("Not you? Use another account", "Switch account")),
)
_defect(
    "consent-calls-represented-member-you",
    "N-REV-16 AC-04-6 N-HOUSE-09",
    "To a representative the consent page speaks of “your information” and names no member",
    page("consent", cut("{% set whose", "<h1>", '{% set whose = "your" %}\n'), cut(*_OF)),
)
_defect(
    "consent-names-representative-as-subject",
    "N-REV-16 AC-04-6",
    "The consent page gives the representative's name where the member's belongs",
    page("consent", swap("view.member.name", "view.person.name")),
)


# -- Allow and Don't allow

_DECLINE = (
    '<button type="submit" name="decision" value="decline">{{ face.decline_label }}</button>\n'
)

_defect(
    "consent-without-decline",
    "N-REV-09",
    "The consent page has a button to allow and none to decline",
    page("consent", swap(_DECLINE, "")),
    twin="consent-decline-worded-otherwise",
)
_defect(
    "consent-decline-folded-away",
    "N-REV-09",
    "The way to decline is a small link inside a folded paragraph on what else one can do",
    page(
        "consent",
        swap(_DECLINE, ""),
        swap(
            "<h2>Before you decide</h2>\n",
            "<h2>Before you decide</h2>\n<details><summary>More options</summary>\n<p>"
            '<button class="plain" type="submit" name="decision" value="decline">'
            "Continue without sharing</button></p></details>\n",
        ),
    ),
    twin="consent-decline-worded-otherwise",
)
_twin(
    "consent-decline-worded-otherwise",
    "N-REV-09",
    "The button to decline comes last and reads “No, do not connect”",
    page(
        "consent",
        swap(_DECLINE, ""),
        swap(
            "</div>\n</form>\n{% endblock %}",
            '<button type="submit" name="decision" value="decline">No, do not connect</button>\n'
            "</div>\n</form>\n{% endblock %}",
        ),
    ),
)
