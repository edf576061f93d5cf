"""A sandbox in process, with a fresh tenant for each test."""

from __future__ import annotations

import pytest
from member_browser import AppUnderTest, Browser, fresh_house

from payerproof.sandbox.app import House, parse_tenant_name
from payerproof.sandbox.faces import FACES


@pytest.fixture
def house() -> House:
    return fresh_house()


@pytest.fixture(params=list(FACES))
def every_face(request, house):
    """A browser at a fresh tenant, once for each clean face."""
    return Browser(house, house.add(request.param, parse_tenant_name(request.param)))


@pytest.fixture
def browser(house):
    """A browser at a fresh tenant of the plain face."""
    return Browser(house, house.add("plain", parse_tenant_name("plain")))


@pytest.fixture
def app(browser):
    return AppUnderTest(browser)
