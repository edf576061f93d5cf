"""Word families of consent pages: sentences as payers write them, and near misses."""

from __future__ import annotations

import pytest

from payerproof.expect import consent_words as words

SAID = {
    "HOW_LONG": (
        "Your choice holds until 21 November 2027.",
        "This approval expires on 11/21/2027.",
        "The app can use your data for 13 months.",
        "Access lasts until you revoke it.",
        "There is no end date for this permission.",
        "You are giving one-time access.",
    ),
    "WHILE_AWAY": (
        "The app can fetch new data when you are not using it.",
        "It keeps getting updates even when you're signed out.",
        "Data are shared in the background.",
    ),
    "UNPROTECTED": (
        "Once shared, your data may no longer be protected by HIPAA.",
        "Most apps are not covered by HIPAA.",
        "We cannot control what the app does with your data.",
        "Your information leaves our protection.",
    ),
    "WHERE_TO_END": (
        "You can stop sharing at any time under Connected apps in your account.",
        "Go to medicare.gov account settings to remove access for an app.",
        "To revoke access, call Member Services.",
    ),
    "NOT_ATTESTED": (
        "The developer has not agreed to our privacy questions.",
        "This app hasn't attested to a privacy policy.",
        "The developer declined to answer.",
    ),
    "ATTESTED": (
        "The developer has told us that it follows a privacy policy.",
        "This app attests to the CARIN code of conduct.",
    ),
}
NOT_SAID = {
    "HOW_LONG": ("Last updated 21 November 2024.", "You can ask us at any time."),
    "WHILE_AWAY": ("You can stop sharing at any time.", "Share your data with this app?"),
    "UNPROTECTED": ("We protect your data.", "HIPAA is a privacy law."),
    "WHERE_TO_END": ("You can stop sharing at any time.", "Allow this app?"),
    "NOT_ATTESTED": ("HIPAA does not apply to apps.", "The developer has agreed to our terms."),
    "ATTESTED": ("This app wants to see your claims.",),
}


@pytest.mark.parametrize(
    ("family", "sentence"), [(name, one) for name, found in SAID.items() for one in found]
)
def test_counts_as_said(family: str, sentence: str) -> None:
    assert words.says([sentence], getattr(words, family)) == sentence


@pytest.mark.parametrize(
    ("family", "sentence"), [(name, one) for name, found in NOT_SAID.items() for one in found]
)
def test_does_not_count(family: str, sentence: str) -> None:
    assert words.says([sentence], getattr(words, family)) == ""


def test_a_name_or_a_law_describes_no_data() -> None:
    page = [
        "Quick Claims wants access.",
        "The Health Insurance Portability and Accountability Act covers doctors.",
        "I accept the terms and conditions.",
    ]
    kinds = ("ExplanationOfBenefit", "Coverage", "CareTeam", "Condition")
    assert words.undescribed(kinds, words.descriptions(page, ["Quick Claims"])) == kinds


def test_everyday_words_describe_their_type_and_no_other() -> None:
    page = ["Claims and costs", "Test results and measurements"]
    kinds = ("ExplanationOfBenefit", "Observation", "Immunization")
    assert words.undescribed(kinds, page) == ("Immunization",)


def test_a_sentence_that_takes_in_everything_describes_every_type() -> None:
    assert words.undescribed(words.EVERYDAY_WORDS, ["Share all of your health information"]) == ()


@pytest.mark.parametrize(
    "text", ["ExplanationOfBenefit", "patient/*.rs", "offline_access", "LOINC 4548-4"]
)
def test_jargon_is_found(text: str) -> None:
    assert words.JARGON.findall(text)


@pytest.mark.parametrize("text", ["Patient, coverage and goals", "Care plans", "1-800-555-0100"])
def test_everyday_words_are_no_jargon(text: str) -> None:
    assert not words.JARGON.findall(text)
