"""Words met on login and consent pages, in English and Spanish, as compiled patterns.

The lists stand in ``words.toml``. They rank below ``autocomplete`` and below names and ids, which
don't change with the language.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from re import Pattern
from typing import Any


def _load() -> Mapping[str, Any]:
    file = Path(__file__).with_name("words.toml")
    tables: Mapping[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
    return tables


_LISTS = _load()


def _compile(table: Mapping[str, list[str]]) -> Pattern[str]:
    (kind, phrases), *_ = table.items()
    body = "|".join(_blanks(phrase) for phrase in phrases)
    # A line of its own counts as a blank, since labels are squeezed but page texts are not.
    start = r"\W*" if kind == "starts" else r"(?<!\w)"
    return re.compile(rf"{start}(?:{body})(?!\w)", re.IGNORECASE)


def _blanks(phrase: str) -> str:
    """A blank stands for any white space, an optional blank for any or none."""
    return phrase.replace(" ?", r"\s*").replace(" ", r"\s+")


def _list(name: str) -> Pattern[str]:
    return _compile(_LISTS[name])


# Names and ids of fields, in lower case.
USERNAME_NAME = re.compile(
    r"user_?-?name|user_?-?id\b|\buser\b|login_?id|logon|\blogin\b|identifier|signinname|e-?mail|"
    r"member_?id|pf\.username|idtoken1|\bsub\b|-username\b|\buid\b|callback_1\b"
)
PASSWORD_NAME = re.compile(r"pass(?!code|key)|\bpwd\b|credentials\.passcode|pf\.pass|idtoken2")
CODE_NAME = re.compile(
    r"\botp\b|totp|one-?_?time|\bmfa|2fa|passcode|verif(?:y|ication)_?-?(?:code|input)?|"
    r"security_?-?code|\bcode\b|auth_?-?code|_ver_input|\bpin\b|token_?code|smscode|emailcode"
)
NEW_PASSWORD_NAME = re.compile(
    r"new_?-?pass|pass(?:word)?-?_?new|confirm_?-?pass|pass(?:word)?_?-?(?:confirm|again|2)\b|"
    r"repeat_?-?pass|re_?-?enter"
)
PICKER_NAME = re.compile(
    r"patient|subject|member|person|dependent|dependant|represented|whose|on_?behalf|beneficiary|"
    r"profile"
)
METHOD_NAME = re.compile(
    r"authenticat(?:or|ion)(?:execution|_?method|id)?|mfa|factor|method|okta_email|phone_number|"
    r"google_otp|security_question|verifyby|selectedcredential"
)
MANAGE_HREF = re.compile(
    r"connected-?_?apps?|app-?_?management|manage-?_?(?:apps?|access|connections?)|/apps?/?$|"
    r"/consents?/?$|/grants?/?$|/connections?/?$|revoke",
    re.IGNORECASE,
)
QUESTION_LABEL = re.compile(
    r"\?|¿|security question|challenge question|secret question|pregunta de seguridad",
    re.IGNORECASE,
)
TOTP_SECRET = re.compile(r"otpauth://|(?:secret|setup|manual entry) key", re.IGNORECASE)

# Labels of fields.
USERNAME_LABEL = _list("username_label")
PASSWORD_LABEL = _list("password_label")
CODE_LABEL = _list("code_label")

# Labels of buttons.
SUBMIT = _list("submit")
NOT_SUBMIT = _list("not_submit")
ALLOW = _list("allow")
ALLOW_WEAK = _list("allow_weak")
DENY = _list("deny")
NEITHER = _list("neither")
SEND_CODE = _list("send_code")
SIGN_OUT = _list("sign_out")
REVOKE = _list("revoke")
SELECT = _list("select")
DISMISS = _list("dismiss")
RESUME = _list("resume")

# What pages speak of.
CODE_PAGE = _list("code_page")
QUESTION_PAGE = _list("question_page")
CONSENT_PAGE = _list("consent_page")
PICKER_PAGE = _list("picker_page")
TERMS_PAGE = _list("terms_page")
STAY_PAGE = _list("stay_page")
NAG_PAGE = _list("nag_page")
ENROLMENT_PAGE = _list("enrolment_page")
METHOD_PAGE = _list("method_page")
ERROR_PAGE = _list("error_page")
ERROR_TEXT = _list("error_text")
METHODS = {name: _compile(table) for name, table in _LISTS["methods"].items()}

# What links and sentences of a consent page speak of.
POLICY_LINK = _list("policy_link")
BACK_TO_APP = _list("back_to_app")
OTHER_ACCOUNT = _list("other_account")
MANAGE_LINK = _list("manage_link")
DURATION = _list("duration")
RISK = _list("risk")
ATTESTATION = _list("attestation")

# Why a page lets nobody through.
TROUBLES = {name: _compile(table) for name, table in _LISTS["trouble"].items()}
EDGE = _list("edge")
CAPTCHA = _list("captcha")
EDGE_SERVER = re.compile(
    r"cloudflare|akamai|incapsula|imperva|awselb|big-?ip|sucuri", re.IGNORECASE
)
DATA_CLASSES: dict[str, list[str]] = {
    name: [_blanks(phrase) for phrase in phrases]
    for name, phrases in _LISTS["data_classes"].items()
}
"""What members are told instead of a FHIR resource type."""
