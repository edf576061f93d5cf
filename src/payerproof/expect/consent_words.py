"""What consent pages say, in the words that payers use for it: English word families.

Payers word things differently, so each list is generous in what counts as saying it. Judged are
whole sentences of the page (`payerproof.browser.facts.ConsentFacts.sentences`), never its layout.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

MONTHS = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
DATE = (
    rf"(?:\b\d{{1,2}}(?:st|nd|rd|th)? {MONTHS},? \d{{4}}\b|\b{MONTHS} \d{{1,2}}(?:st|nd|rd|th)?,? "
    r"\d{4}\b|\b\d{1,2}[/.-]\d{1,2}[/.-](?:\d{4}|\d{2})\b|\b\d{4}-\d{2}-\d{2}\b)"
)
"""A calendar date, written in figures or with the month's name."""

_NUMBER = r"(?:\d+|an?|one|two|three|six|nine|ten|twelve|thirteen|eighteen|twenty-four|ninety)"
HOW_LONG = (
    r"\b(?:until|till|through|expires?|expiring|ends?|ending|valid|lasts|will last|holds?|good)\b"
    rf".*{DATE}",
    rf"{DATE}.*\b(?:expires?|ends?|runs? out|renew)",
    rf"\b(?:for|after|within|in|every|up to|lasts?|next)\b(?: the)?(?: next| first)? {_NUMBER} "
    r"(?:hour|day|week|month|year)s?\b",
    r"\b\d+[- ](?:hour|day|week|month|year)s?\b",
    r"\b(?:until|unless) (?:you|it is|it's|access is|your \w+ is) (?:\w+ ){0,3}"
    r"(?:stop|revok|cancel|remov|end|withdr|chang|disconnect|turn)\w*",
    r"\b(?:no|without an?) (?:end|expir\w+) ?(?:date)?\b|\b(?:never|does not|doesn.t) "
    r"(?:expires?|ends?)\b|\bindefinite(?:ly)?\b|\bonly (?:this )?once\b|\bone[- ]time\b",
)
"""How long a grant lasts: a date, a span, or until the member ends it."""

WHILE_AWAY = (
    r"\b(?:while|when) (?:you(?:.re| are) )?away\b",
    r"\b(?:while|when|even (?:if|when)|though|whether or not) you(?:.re| are)? "
    r"(?:\w+ ){0,3}(?:away|offline|not (?:using|signed|logged|there|present|active|in)|"
    r"(?:aren.t|don.t|do not|have closed|close|signed out|logged out))",
    r"\b(?:not|aren.t|without) (?:using|opening|signing in|logging in|being present)\b",
    r"\bin the background\b|\boffline\b|\bongoing (?:access|basis)\b|\bcontinuous(?:ly)?\b",
    r"\b(?:keeps?|continues?|goes on|go on) (?:to )?(?:\w+ ){0,2}"
    r"(?:get|getting|fetch|access|receiv|collect|updat|shar)\w*",
    r"\bwithout (?:asking|prompting) (?:you )?again\b|\bstay(?:s)? connected\b",
)
"""That access goes on while the member is away."""

UNPROTECTED = (
    r"\b(?:no longer|not|never|aren.t|isn.t|won.t be|may not be|stops? being|cannot be|can.t be)"
    r"(?: \w+){0,3} (?:protect|cover|safeguard|secur|govern|subject to)\w*",
    r"\b(?:hipaa|privacy (?:law|rule)s?)\b[^.]{0,80}\b(?:not|no longer|n.t|never)\b",
    r"\b(?:not|no longer|n.t|never)\b[^.]{0,60}\bhipaa\b",
    r"\bleav\w+ (?:our|the plan.s|the protection|\w+.s) ?(?:\w+ )?"
    r"(?:protection|control|system|care)\w*",
    r"\b(?:cannot|can.t|do not|don.t|no longer|unable to|not able to) (?:\w+ )?"
    r"(?:protect|control|safeguard|guarantee|be responsible)\b",
    r"\bnot (?:\w+ )?(?:responsible|liable|in control)\b|\b(?:out of|outside|beyond) "
    r"(?:our|the (?:plan|law).s|hipaa.?s?) (?:\w+ )?(?:control|protection|reach)\w*",
    r"\bloses? (?:its|the|their|this|hipaa) (?:\w+ )?protections?\b",
)
"""That data leave the plan's protection once the app has them."""

_END = (
    r"(?:stop|revok|end|remov|disconnect|cancel|withdr|turn|manag|chang)\w*(?: \w+){0,4} "
    r"(?:shar|access|app|connect|permission|consent|choice|approval)\w*"
)
_PLACE = (
    r"(?:connected|my|your|linked|third-party) apps?|account|settings?|portal|profile|web ?site|"
    r"page|https?://|call|phone|\bmenu|dashboard|member services|contact us|log ?in|sign ?in|here"
)
WHERE_TO_END = (
    rf"\b{_END}\b.*(?:{_PLACE})",
    rf"(?:{_PLACE}).*\b{_END}",
    rf"\b(?:stop|end|revok|withdr|chang|undo)\w*\b.*\b(?:any time|later|whenever)\b.*(?:{_PLACE})",
)
"""Where the member can end access later."""

NOT_ATTESTED = (
    r"\b(?:has|have|had|did|does|do|is|was)(?: not|n.t)(?: yet)? "
    r"(?:\w+ ){0,2}?(?:told|agree|attest|answer|confirm|respond|sign|complet|provid|promis|adopt|"
    r"commit|review|verif|follow|pledg|submit|participat)\w*",
    r"\b(?:not attested|un-?attested|non-attested|no attestation|un-?verified|not verified)\b",
    r"\b(?:declined|refused|failed) to (?:attest|answer|respond|agree|confirm|sign)\w*",
    r"\b(?:do not|don.t) know (?:how|whether|if)\b",
)
"""That the developer has not attested to the payer's privacy questions."""

ATTESTED = (
    r"\b(?:has|have)(?: also)? (?:told us|agreed|attested|answered|confirmed|signed|promised|"
    r"committed|adopted|pledged|stated|declared|completed)\b",
    r"\b(?:attests?|self-attested|agrees to|follows?|adheres? to|complies with|commits? to) "
    r"(?:\w+ ){0,4}?(?:privacy|carin|code of conduct|polic\w+|questions|terms|that|to)\b",
    r"\battested\b|\b(?:verified|trusted) app\b|\bcarin (?:code|pledge|member)",
)
"""That the developer has attested."""

OTHER_LOGIN = (
    r"\bnot you\b|\bnot \w[\w' -]{1,40}\?|\b(?:switch|change|another|different|other) "
    r"(?:user|account|member|person|login|profile)|\b(?:sign|log) ?(?:out|off)\b|"
    r"\b(?:sign|log) in as (?:someone|somebody|another)"
)
"""A way to sign in as somebody else."""

EVERYTHING = (
    r"\b(?:all|any|everything|entire|complete|full|whole)(?: of)?(?: \w+){0,3} "
    r"(?:health|medical|clinical|member|personal|plan)(?: and \w+)? "
    r"(?:information|data|records?|history)\b|\beverything (?:the plan|we|your plan) "
    r"(?:has|have|holds?|knows?)"
)
"""A sentence that takes in every kind of data."""

_CLAIMS = (r"claims?", r"explanations? of benefits?", r"bills?\b", r"payments?", r"what was paid")
_PROVIDERS = (r"care teams?", r"doctors?", r"providers?", r"clinicians?", r"who gave care")
_MEDICINES = (
    r"medic(?:ation|ine)s?", r"prescriptions?", r"drugs?\b(?! use| abuse)", r"pharmacy",
)  # fmt: skip
_RESULTS = (r"test results?", r"lab(?:s|oratory)?\b", r"results? of tests?", r"diagnostics?")
EVERYDAY_WORDS: dict[str, tuple[str, ...]] = {
    "AllergyIntolerance": (r"allerg\w+", r"intolerances?"),
    "CarePlan": (r"care plans?", r"plans? of care", r"treatment plans?", r"care planning"),
    "CareTeam": _PROVIDERS,
    "Condition": (r"(?<!terms and )(?<!terms & )conditions?", r"diagnos\w+", r"illness\w*",
                  r"health (?:problems?|concerns?)", r"diseases?", r"medical history"),
    "Coverage": (r"coverage", r"insurance(?! portab)", r"enrol\w+", r"eligibility", r"which plan",
                 r"plan (?:information|details|data|membership)", r"membership"),
    "Device": (r"devices?", r"implants?", r"equipment"),
    "DiagnosticReport": (*_RESULTS, r"reports?", r"imaging", r"x-?rays?"),
    "DocumentReference": (r"documents?", r"letters?", r"clinical notes?", r"notes\b", r"summaries"),
    "Encounter": (r"visits?", r"appointments?", r"encounters?", r"hospital stays?", r"admissions?"),
    "ExplanationOfBenefit": _CLAIMS,
    "Goal": (r"goals?",),
    "Immunization": (r"vaccin\w+", r"immuni[sz]ations?", r"shots?\b"),
    "MedicationDispense": _MEDICINES,
    "MedicationRequest": _MEDICINES,
    "Observation": (*_RESULTS, r"observations?", r"measurements?", r"vital signs?",
                    r"blood pressure"),
    "Patient": (r"personal (?:details?|information|data|facts)", r"demographics?", r"birth",
                r"contact (?:details|information)", r"name(?: and|,) ", r"address\b"),
    "Procedure": (r"procedures?", r"operations?", r"surger\w+", r"treatments?\b(?! for)"),
    "RelatedPerson": (r"relatives?", r"related (?:people|persons)", r"family", r"contacts\b",
                      r"personal (?:details?|information)"),
    "ServiceRequest": (r"(?<!in )orders?\b", r"referrals?", r"requests? for (?:services?|care)",
                       r"procedures?", r"services? (?:ordered|requested)"),
}  # fmt: skip
"""What members may be told instead of a resource type."""

_IDENTITY = (
    r"\bwho you are\b", r"\bidentit\w+", r"\bidentif\w+", r"\bsign(?:ing)? you in\b",
    r"\bprofile\b", r"\brecogni[sz]e", r"\byour name\b",
)  # fmt: skip
SCOPE_WORDS: dict[str, tuple[str, ...]] = {
    "offline_access": WHILE_AWAY,
    "online_access": (
        r"while you(?:.re| are) (?:using|signed|logged)", r"during your (?:visit|session)",
    ),
    "openid": _IDENTITY,
    "fhirUser": _IDENTITY,
}  # fmt: skip
"""What members may be told instead of a scope that opens no data."""

PROTECTED = (
    r"\b(?:specially|extra|special) protect\w*", r"sensitive", r"\bsubstance (?:use|abuse)\b",
    r"\b(?:alcohol|drug) (?:use|abuse|or (?:alcohol|drug))\b",
    r"\b(?:mental|behaviou?ral) health\b", r"\bhiv\b", r"\breproductive\b", r"\b42 cfr\b",
)  # fmt: skip
"""Data that need the member's own word to be shared, such as those of 42 CFR Part 2."""

SPANISH = (r"\b(?:compartir|informaci\u00f3n|aplicaci\u00f3n|permitir|acceder|salud|usted)\b",)
"""That a page is written in Spanish."""

JARGON = re.compile(
    r"\b(?:patient|user|system)/[\w*]+\.(?:read|write|[cruds]{1,5}|\*)|\blaunch/patient\b|"
    r"\b(?:offline|online)_access\b|\bfhirUser\b|\bopenid\b|"
    r"\b(?:ExplanationOfBenefit|AllergyIntolerance|CarePlan|CareTeam|DiagnosticReport|"
    r"DocumentReference|ImagingStudy|MedicationRequest|MedicationDispense|MedicationStatement|"
    r"QuestionnaireResponse|RelatedPerson|ServiceRequest|FamilyMemberHistory|PractitionerRole|"
    r"HealthcareService|InsurancePlan|ClaimResponse|CoverageEligibility\w*)s?\b|"
    r"\bhttps?://(?:hl7\.org|terminology\.hl7|loinc|snomed)\S*|\burn:\w+:\S+|\b\d{4,5}-\d\b(?!-)"
)
"""Scope strings, names of resource types and codes, none of which belongs before a member."""


_ABOUT_LAW = re.compile(r"\bhipaa\b|\bftc\b|federal trade|portability|privacy (?:law|rule)", re.I)


def says(sentences: Iterable[str], patterns: Iterable[str]) -> str:
    """Return the first sentence in which one of the patterns is found, or an empty string."""
    compiled = [re.compile(pattern, re.IGNORECASE) for pattern in patterns]
    return next((text for text in sentences if any(p.search(text) for p in compiled)), "")


def undescribed(types: Iterable[str], sentences: Sequence[str]) -> tuple[str, ...]:
    """Resource types that no sentence describes in everyday words.

    A sentence that takes in everything describes every type; types without a list of words count
    as described.
    """
    if says(sentences, (EVERYTHING,)):
        return ()
    return tuple(
        kind
        for kind in types
        if (words := EVERYDAY_WORDS.get(kind)) and not says(sentences, _whole(words))
    )


def describes(kind: str, text: str) -> bool:
    """True where a text speaks of this resource type in everyday words."""
    return bool(says([text], _whole(EVERYDAY_WORDS.get(kind, ()))))


def descriptions(sentences: Iterable[str], names: Iterable[str]) -> tuple[str, ...]:
    """Return the sentences that may describe data, without these names.

    An app called Quick Claims describes no claims, nor does a sentence on HIPAA describe insurance.
    """
    kept = [name for name in names if name]
    pattern = re.compile("|".join(map(re.escape, kept)) or r"(?!)", re.IGNORECASE)
    return tuple(pattern.sub(" ", text) for text in sentences if not _ABOUT_LAW.search(text))


def _whole(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(rf"(?<![\w-])(?:{word})" for word in words)
