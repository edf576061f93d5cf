"""Decisions over hand-made looks at a page: no browser is needed to judge."""

from __future__ import annotations

import pytest

from payerproof.browser import consent, detector, portal, troubles
from payerproof.browser.facts import Link, PageFacts
from payerproof.browser.kinds import Kind, Reading
from payerproof.browser.recipe import find
from payerproof.browser.snapshot import Control, Option, Snapshot
from payerproof.target import Step


def control(index: int, type_: str = "text", tag: str = "input", **more: object) -> Control:
    button = type_ in ("submit", "button", "") and tag in ("button", "a", "input")
    return Control(index=index, frame=0, tag=tag, type=type_, button=button, **more)  # type: ignore[arg-type]


def page(*controls: Control, **more: object) -> Snapshot:
    return Snapshot(url="https://login.plan.example/authorize", controls=controls, **more)  # type: ignore[arg-type]


USER = control(0, name="username", form=0)
WORD = control(1, "password", name="password", form=0)
SIGN_IN = control(2, "submit", "button", label="Sign in", form=0)


def test_autocomplete_outranks_names_and_labels() -> None:
    odd = control(0, name="password_hint", label="Password", autocomplete="section-x username")
    reading = detector.read(page(odd, WORD, SIGN_IN))
    assert reading.username is odd


def test_hidden_and_disabled_fields_do_not_count() -> None:
    decoy = control(3, "password", name="password", form=0, visible=False)
    dead = control(4, "password", name="password", form=0, enabled=False)
    assert detector.read(page(USER, decoy, dead, SIGN_IN)).kind is Kind.IDENTIFIER


@pytest.mark.parametrize("label", ["Cancel", "Forgot password?", "Sign in with Google", "Register"])
def test_other_buttons_are_not_pressed(label: str) -> None:
    other = control(2, "submit", "button", label=label, form=0)
    real = control(3, "submit", "button", label="Continue", form=0)
    assert detector.read(page(USER, WORD, other, real)).submit is real


def test_a_login_with_a_cancel_button_is_not_consent() -> None:
    cancel = control(3, "button", "button", label="Cancel", form=0)
    text = "Budget Buddy wants access to your data. Sign in first."
    assert detector.read(page(USER, WORD, SIGN_IN, cancel, text=text)).kind is Kind.LOGIN


ONWARD = control(0, "submit", "button", label="Continue", form=0)
LINK_OUT = control(1, "", "a", label="[ Cancel ]", link=True)


def test_consent_may_be_one_button_and_a_link_that_cancels() -> None:
    reading = detector.read(page(ONWARD, LINK_OUT, title="Sign-in", headings=("Authorize",)))
    assert (reading.kind, reading.allow, reading.deny) == (Kind.CONSENT, ONWARD, LINK_OUT)


@pytest.mark.parametrize(
    ("controls", "heading"),
    [
        ((ONWARD, LINK_OUT), "Welcome back"),
        ((ONWARD,), "Authorize"),
        ((ONWARD, LINK_OUT, control(2, name="nickname", form=0)), "Authorize"),
    ],
)
def test_going_on_is_not_consent_otherwise(controls: tuple[Control, ...], heading: str) -> None:
    assert detector.read(page(*controls, headings=(heading,))).kind is not Kind.CONSENT


def test_three_passwords_are_never_filled() -> None:
    fields = [control(n, "password", name=f"p{n}", form=0) for n in range(3)]
    reading = detector.read(page(*fields, SIGN_IN))
    assert (reading.kind, reading.password) == (Kind.ENROLMENT, None)


def test_switching_the_account_is_neither_allowing_nor_denying() -> None:
    switch = control(0, "submit", "button", label="Not you? Switch account", form=0)
    allow = control(1, "submit", "button", label="Share", form=0)
    reading = detector.read(page(switch, allow, text="Budget Buddy wants access to your claims"))
    assert (reading.kind, reading.allow, reading.deny) == (Kind.CONSENT, allow, None)


def test_an_address_book_page_is_no_picker() -> None:
    save = control(0, "submit", "button", label="Save", form=0)
    assert detector.read(page(save, text="Your profile")).kind is Kind.OTHER


def test_a_status_is_an_error_whatever_the_page_says() -> None:
    assert detector.read(page(text="All good", status=500)).kind is Kind.ERROR


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        ("Your account has been locked.", "locked"),
        ("Too many failed attempts. Wait an hour.", "locked"),
        ("Su cuenta está bloqueada.", "locked"),
        ("The portal is down for scheduled maintenance.", "maintenance"),
        ("We could not find your member record.", "no-linked-record"),
        ("You are not eligible for this service.", "ineligible"),
        ("The user name or password you entered is incorrect.", "wrong-credentials"),
        ("Usuario o contraseña incorrectos", "wrong-credentials"),
        ("That code has expired.", "wrong-credentials"),
        ("Welcome back. Enter your password.", ""),
    ],
)
def test_error_sentences_have_names(text: str, trouble: str) -> None:
    assert troubles.from_text(text) == trouble


def test_an_edge_is_told_from_the_payers_own_refusal() -> None:
    blocked = page(text="Access Denied. Reference #18.2d351ab8", status=403)
    own = page(text="This account may not do that.", status=403)
    assert troubles.of_page(blocked, detector.read(blocked), {})[0] == "blocked-at-edge"
    assert troubles.of_page(own, detector.read(own), {})[0] == ""
    assert troubles.of_page(own, detector.read(own), {"server": "AkamaiGHost"})[0] == (
        "blocked-at-edge"
    )


def test_the_first_person_is_never_taken_silently() -> None:
    people = [
        control(n, "radio", name="patient", label=f"Person {n}", value=str(n)) for n in (1, 2)
    ]
    assert consent.person_control(people, [], oneself=True) is None
    assert consent.person_control(people, ["Somebody"], oneself=False) is None
    assert consent.person_control(people, ["person 2"], oneself=False) == (people[1], "2")
    assert consent.person_control(people, ["1"], oneself=False) == (people[0], "1")


def test_oneself_is_found_by_word_or_preselection() -> None:
    other = control(1, "radio", name="s", label="Bea", value="b")
    myself = control(2, "radio", name="s", label="Myself", value="m")
    chosen = control(3, "radio", name="s", label="Ada", value="a", checked=True)
    assert consent.person_control([other, myself], [], oneself=True) == (myself, "m")
    assert consent.person_control([other, chosen], [], oneself=True) == (chosen, "a")
    assert consent.person_control([other, chosen], [], oneself=False) is None


def test_the_browsers_default_of_a_list_is_no_preselection() -> None:
    options = (Option("Ada", "a", selected=True, preset=False), Option("Bea", "b"))
    people = [control(0, "select-one", "select", name="member", options=options)]
    facts = consent.picker_facts(page(*people), people)
    assert facts.preselected == ""
    assert [choice.label for choice in facts.options] == ["Ada", "Bea"]


def box(index: int, label: str, **more: object) -> Control:
    return control(index, "checkbox", label=label, **{"checked": True, **more})


@pytest.mark.parametrize(
    ("left_out", "expected"),
    [
        ("Observation", ["Test results", "patient/Observation.rs"]),
        ("ExplanationOfBenefit", ["Claims and costs"]),
        ("claims", ["Claims and costs"]),
        ("Condition", ["Health problems"]),
        ("Patient", []),
    ],
)
def test_data_classes_are_found_by_type_and_by_word(left_out: str, expected: list[str]) -> None:
    boxes = (
        box(0, "Claims and costs"),
        box(1, "Test results"),
        box(2, "patient/Observation.rs"),
        box(3, "Health problems"),
        box(4, "Unconditional terms"),
    )
    found = consent.boxes_about(page(*boxes), (left_out,))
    assert [one.label for one in found] == expected


def test_optional_boxes_stay_as_the_page_has_them() -> None:
    sensitive = box(0, "Substance use", name="share_samhsa", checked=False)
    agree = box(1, "I have read this", name="agree", checked=False)
    reading = Reading(Kind.CONSENT)
    assert consent.boxes_to_tick(page(sensitive, agree), reading) == (agree,)


def test_scopes_that_all_start_unticked_are_ticked() -> None:
    scopes = (box(0, "A", name="scope", checked=False), box(1, "B", name="scope", checked=False))
    assert consent.boxes_to_tick(page(*scopes), Reading(Kind.CONSENT)) == scopes


def test_sentences_are_sorted_by_what_they_are_about() -> None:
    text = (
        "Budget Buddy by Synthetic Apps\nBudget Buddy wants to access your claims.\n"
        "Signed in as Ada Synthetic-Lovelace. Not you?\n"
        "Sharing ends on 21 November 2027. HIPAA does not cover this app.\n"
        "Its developer has not attested to a privacy policy."
    )
    seen = page(text=text, links=(Link("Privacy policy", "https://b.example/p"),))
    facts = consent.consent_facts(
        seen,
        Reading(Kind.CONSENT),
        PageFacts("consent", ""),
    )
    assert facts.app_names[0] == "Budget Buddy"
    assert facts.member_names == ("Ada Synthetic-Lovelace",)
    assert facts.duration_sentences == ("Sharing ends on 21 November 2027.",)
    assert facts.risk_sentences == ("HIPAA does not cover this app.",)
    assert facts.attestation_sentences == ("Its developer has not attested to a privacy policy.",)


def revoke(index: int, row: str, label: str = "Revoke") -> Control:
    heading = row.partition(" since")[0]
    return control(index, "submit", "button", label=label, row=row, heading=heading)


def test_the_right_app_is_revoked() -> None:
    seen = page(
        revoke(0, "Budget Buddy since May Revoke"),
        revoke(1, "Budget Buddy Pro since June Revoke"),
        rows=("Old App no longer used",),
    )
    apps = portal.connected_apps(seen, ["Budget Buddy", "Budget Buddy Pro", "Old App"])
    assert [(app.name, app.revoke_label) for app in apps] == [
        ("Budget Buddy", "Revoke"),
        ("Budget Buddy Pro", "Revoke"),
        ("Old App", ""),
    ]
    for name, index in (("Budget Buddy", 0), ("Budget Buddy Pro", 1)):
        found = portal.revoke_control(seen, name)
        assert found is not None
        assert found.index == index
    assert portal.revoke_control(seen, "Another App") is None


def test_a_dialog_is_confirmed_by_what_it_added() -> None:
    listed = revoke(0, "Budget Buddy since May Revoke")
    other = revoke(1, "Care App since May Revoke")
    yes = control(2, "button", "button", label="Yes, revoke access")
    no = control(3, "button", "button", label="Cancel")
    before = page(listed, other, fingerprint="1\nx")
    opened = page(listed, other, yes, no, fingerprint="1\ny", text="Are you sure?")
    assert portal.confirm_control(before, opened, "Budget Buddy") is yes
    gone = page(other, fingerprint="2\nx", text="Access was removed. Any questions?")
    assert portal.confirm_control(before, gone, "Budget Buddy") is None


def test_recipe_steps_find_controls_by_label_name_and_selector() -> None:
    user = control(0, name="field_17", label="Member number")
    dead = control(1, name="pw", visible=False)
    word = control(2, "password", name="pw", id="pass")
    go = control(3, "submit", "button", label="Enter portal", data="data-action=go")
    seen = page(user, dead, word, go)

    def step(label: str = "", *fallbacks: str) -> Step:
        return Step(action="fill", label=label, fallbacks=fallbacks)

    assert find(seen, step("member number"), button=False) is user
    assert find(seen, step("nothing", "css=input[name=pw]"), button=False) is word
    assert find(seen, step("", "css=#pass"), button=False) is word
    assert find(seen, step("enter portal"), button=True) is go
    assert find(seen, step("", "css=[data-action=go]"), button=True) is go
    assert find(seen, step("enter portal"), button=False) is None
