from __future__ import annotations

import html

import pytest
from member_browser import WIDE, AppUnderTest, Browser, Page, answer_of

from payerproof.sandbox.portal.classes import CLASSES


def consent(browser, app, user="ada", choose="", **changed):
    page = browser.open(app.authorize_url(**changed))
    if isinstance(page, Page) and page.place == "sign-in":
        page = browser.sign_in(page, user)
    if isinstance(page, Page) and page.place == "choose-member":
        patient = browser.tenant.world.people[choose or user].patient
        page = browser.submit(page, "/choose-member", member=patient)
    assert isinstance(page, Page), page
    assert page.place == "consent"
    return page


def test_the_page_says_who_asks_for_what_from_whom(every_face):
    app = AppUnderTest(every_face)
    page = consent(every_face, app)
    for text in (app.app.name, app.app.developer, app.app.site, "Ada Synthetic-Lovelace"):
        assert text in page.text
    assert app.app.privacy_policy in page.links
    assert "no longer protects it" in page.text
    assert "/portal/apps" in page.text
    assert "when you are not using it" in page.text
    labels = {button.get("value") for button in page.form("/consent")["inputs"]}
    assert {"allow", "decline"} <= labels
    face = every_face.tenant.face
    assert face.allow_label in page.text
    assert html.unescape(face.decline_label) in page.text


def test_every_class_asked_is_ticked_and_the_sensitive_one_is_not(browser, app):
    boxes = consent(browser, app).boxes()
    assert boxes.pop("sensitive") is False
    assert set(boxes) == {c.id for c in CLASSES} | {"identity", "offline"}
    assert all(boxes.values())


def test_nothing_is_offered_beyond_the_request(browser, app):
    page = consent(browser, app, scope="launch/patient patient/Coverage.rs")
    assert page.boxes() == {"coverage": True}
    assert "ends within one hour" in page.text


@pytest.mark.parametrize(
    ("which", "words"), [("attested", "has told us"), ("unattested", "has not told us")]
)
def test_attestation_is_told_and_never_blocks(browser, which, words):
    app = AppUnderTest(browser, which)
    page = consent(browser, app)
    assert words in page.text
    assert "code" in answer_of(browser.allow(page))


@pytest.mark.parametrize("data_class", [c.id for c in CLASSES])
def test_an_unticked_class_is_neither_granted_nor_served(every_face, data_class):
    app = AppUnderTest(every_face)
    tokens = app.tokens(boxes={data_class: False})
    types = next(c.types for c in CLASSES if c.id == data_class)
    granted = {scope.partition("/")[2].partition(".")[0] for scope in tokens["scope"].split()}
    assert not granted & set(types)
    assert "*" not in granted
    url = f"{every_face.tenant.fhir_base}/{types[0]}?_id=x"
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert every_face.send("GET", url, headers=headers).status_code == 403


def test_a_box_that_was_not_offered_grants_nothing(browser, app):
    page = consent(browser, app, scope="launch/patient patient/Coverage.rs")
    location = browser.allow(page, claims=True, offline=True, identity=True, sensitive=True)
    tokens = app.exchange(answer_of(location)["code"]).json()
    assert tokens["scope"] == "launch/patient patient/Coverage.rs"
    grant = browser.tenant.grants.grants_by("ada")[0]
    assert grant.sensitive is False


def test_the_sensitive_box_is_the_members_own_word(browser, app):
    app.tokens()
    assert [g.sensitive for g in browser.tenant.grants.grants_by("ada")] == [False]
    other = AppUnderTest(browser, "unattested")
    other.tokens(boxes={"sensitive": True})
    assert [g.sensitive for g in browser.tenant.grants.grants_by("ada")] == [False, True]


def test_allow_with_nothing_ticked_asks_again(browser, app):
    page = consent(browser, app)
    again = browser.allow(page, **{c.id: False for c in CLASSES})
    assert isinstance(again, Page)
    assert "Tick at least one" in again.text
    assert not browser.tenant.grants.grants


def test_decline_means_no(every_face):
    app = AppUnderTest(every_face)
    location = every_face.submit(consent(every_face, app), "/consent", decision="decline")
    answer = answer_of(location)
    assert answer["error"] == "access_denied"
    assert answer["state"] == app.state
    assert "code" not in answer
    assert not every_face.tenant.grants.grants


def test_decline_leaves_an_earlier_grant_alone(browser, app):
    tokens = app.tokens()
    page = consent(browser, app, prompt="consent")
    browser.submit(page, "/consent", decision="decline", **{"share-claims": "yes"})
    assert app.reads(tokens) == 200
    assert app.refresh(tokens["refresh_token"]).status_code == 200
    assert len(browser.tenant.grants.grants_by("ada")) == 1


@pytest.mark.parametrize(
    "scope", [WIDE, "launch/patient patient/Coverage.read", "openid patient/*.r"]
)
def test_the_same_or_less_is_remembered(browser, app, scope):
    app.tokens()
    assert isinstance(browser.open(app.authorize_url(scope=scope)), str)


def test_more_is_asked_again(browser, app):
    app.tokens(scope="launch/patient patient/Coverage.rs")
    page = consent(browser, app, scope="launch/patient patient/Coverage.rs patient/Condition.rs")
    assert "replaces what you allowed" in page.text
    quiet = browser.open(app.authorize_url(prompt="none"))
    assert answer_of(quiet)["error"] == "consent_required"


def test_another_app_another_member_and_another_person_are_asked(browser, app):
    app.tokens("dee", choose="fay")
    consent(browser, app, "dee", "gus")
    consent(browser, AppUnderTest(browser, "phone"), "dee", "fay")
    consent(Browser(browser.house, browser.tenant), app, "fay")


def test_narrower_consent_cuts_what_was_wider(browser, app):
    wide = app.tokens()
    page = consent(browser, app, prompt="consent")
    narrow = app.exchange(answer_of(browser.allow(page, claims=False))["code"]).json()
    assert app.reads(wide) == 401
    assert app.refresh(wide["refresh_token"]).json()["error"] == "invalid_grant"
    assert app.reads(narrow) == 200


def test_taking_back_the_sensitive_box_cuts_what_had_it(browser, app):
    before = app.tokens(boxes={"sensitive": True})
    browser.allow(consent(browser, app, prompt="consent"))
    assert app.reads(before) == 401


def test_wider_consent_leaves_what_was_narrower(browser, app):
    narrow = app.tokens(scope="launch/patient patient/Patient.rs")
    wide = app.tokens()
    assert app.reads(narrow) == 200
    assert app.reads(wide) == 200


def test_a_grant_ends_on_its_day(browser, app):
    tokens = app.tokens()
    browser.tenant.clock.advance(80 * 86400)
    later = app.refresh(tokens["refresh_token"]).json()
    browser.tenant.clock.advance(286 * 86400)
    assert app.refresh(later["refresh_token"]).json()["error"] == "invalid_grant"
    assert not browser.tenant.grants.grants_by("ada")


def test_the_picker_offers_the_linked_members_and_chooses_nobody(every_face):
    app = AppUnderTest(every_face)
    page = every_face.sign_in(every_face.page(app.authorize_url()), "dee")
    assert page.place == "choose-member"
    people = every_face.tenant.world.people
    offered = {people[user].name for user in ("dee", "fay", "gus")}
    assert {p.name for p in people.values() if p.name in page.text} == offered
    inputs = page.form("/choose-member")["inputs"]
    assert not [i for i in inputs if "checked" in i or ("selected" in i and i["value"])]


@pytest.mark.parametrize("user", ["ada", "eli", "bruno", ""])
def test_the_picker_takes_no_other_member(browser, app, user):
    page = browser.sign_in(browser.page(app.authorize_url()), "dee")
    patient = browser.tenant.world.people[user].patient if user else ""
    found = browser.submit(page, "/choose-member", member=patient)
    assert found.place == "choose-member"


@pytest.mark.parametrize(
    ("user", "member"), [("cho", "ada"), ("dee", "fay"), ("dee", "dee"), ("bruno", "ben")]
)
def test_the_token_is_for_the_chosen_member(every_face, user, member):
    app = AppUnderTest(every_face)
    tokens = app.tokens(user, choose=member)
    person = every_face.tenant.world.people[member]
    assert tokens["patient"] == person.patient
    grant = every_face.tenant.grants.grants_by(user)[0]
    kind = "Patient/" if user == member else "RelatedPerson/"
    assert grant.fhir_user.startswith(kind)
    assert app.reads(tokens) == 200


def test_a_representatives_page_names_both(browser, app):
    page = consent(browser, app, "cho", "ada")
    assert "Cho Synthetic-Park" in page.text
    assert "Ada Synthetic-Lovelace" in page.text
    assert "you act for this member" in page.text


def test_a_parents_authority_ends_on_the_eighteenth_birthday(browser, app):
    tenant = browser.tenant
    ben = tenant.world.people["ben"]
    tokens = app.tokens("bruno", choose="ben")
    assert app.reads(tokens) == 200
    birthday = ben.birth_date.replace(year=ben.birth_date.year + 18)
    grant = tenant.grants.grants_by("bruno")[0]
    days = (birthday - tenant.clock.today().date()).days
    grant.expires += days * 86400
    tenant.grants.access_tokens[next(iter(tenant.grants.access_tokens))].expires += days * 86400
    tenant.clock.advance((days - 2) * 86400)
    assert app.reads(tokens) == 200
    tenant.clock.advance(3 * 86400)
    assert app.reads(tokens) == 401


def test_somebody_else_can_be_signed_in_on_the_way(browser, app):
    page = consent(browser, app)
    page = browser.submit(page, "/sign-out")
    assert page.place == "sign-in"
    page = browser.sign_in(page, "eli")
    assert page.place == "consent"
    assert "Eli Synthetic-Ruiz" in page.text
    assert "Lovelace" not in page.text
    tokens = app.exchange(answer_of(browser.allow(page))["code"]).json()
    assert tokens["patient"] == browser.tenant.world.people["eli"].patient


def test_a_decision_needs_the_token_of_its_session(browser, app):
    page = consent(browser, app)
    form = {**page.hidden("/consent"), "decision": "allow", "share-claims": "yes"}
    url = browser.tenant.base + "/portal/consent"
    assert browser.send("POST", url, data={**form, "csrf": "wrong"}).status_code == 403
    thief = Browser(browser.house, browser.tenant)
    assert thief.send("POST", url, data=form).status_code == 400
    assert not browser.tenant.grants.grants


def test_a_decision_counts_once(browser, app):
    page = consent(browser, app)
    browser.allow(page)
    again = browser.allow(page)
    assert isinstance(again, Page)
    assert again.status == 400
    assert len(browser.tenant.grants.connections) == 1


def test_the_form_may_lead_to_this_app_and_nowhere_else(browser):
    harbor = consent(browser, AppUnderTest(browser))
    assert (
        "form-action 'self' https://harbor.app.example;"
        in harbor.headers["content-security-policy"]
    )
    phone = consent(browser, AppUnderTest(browser, "phone"))
    assert "form-action 'self' example.app.pocket:;" in phone.headers["content-security-policy"]
