"""Where a cited document can be read, for the families of sources whose addresses follow a rule."""

from __future__ import annotations

import re

_RFC = re.compile(r"RFC (\d+)")
_CFR = re.compile(r"(\d+) CFR (\d+\.\d+)")
_PUBLISHED = {
    "SMART App Launch 2.2.0": "https://hl7.org/fhir/smart-app-launch/STU2.2/",
    "CARIN Blue Button 2.2.0": "https://hl7.org/fhir/us/carin-bb/",
    "PDex 2.2.0": "https://hl7.org/fhir/us/davinci-pdex/",
    "UDAP Security 1.1.0": "https://hl7.org/fhir/us/udap-security/",
    "HL7 FHIR R4": "https://hl7.org/fhir/R4/",
    "OWASP API Security Top 10 2023": ("https://owasp.org/API-Security/editions/2023/en/0x11-t10/"),
    "OpenID Connect Discovery 1.0": "https://openid.net/specs/openid-connect-discovery-1_0.html",
}


def address_of(source: str) -> str:
    """The public address of a source as cited, or an empty string where no rule gives one."""
    if rfc := _RFC.fullmatch(source):
        return f"https://www.rfc-editor.org/rfc/rfc{rfc.group(1)}"
    if cfr := _CFR.fullmatch(source):
        return f"https://www.ecfr.gov/current/title-{cfr.group(1)}/section-{cfr.group(2)}"
    return _PUBLISHED.get(source, "")
