"""A tenant with one defect, asked as an app would: tokens by the control hook, raw requests."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlencode

from fhir_payer import Answer
from member_browser import AppUnderTest, Browser, answer_of, fresh_house

from payerproof.sandbox import defects
from payerproof.sandbox.app import SandboxApp, parse_tenant_name
from payerproof.sandbox.data.world import Resource, World
from payerproof.sandbox.tenant import Tenant

Shows = Callable[["DefectPayer"], bool]
LAUNCH = "launch/patient openid fhirUser offline_access "


@dataclass
class DefectPayer:
    """`name` is a tenant name such as ``plain+some-defect``; every payer starts afresh."""

    name: str
    tokens: dict[tuple[str, ...], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.house = fresh_house()
        self._app = SandboxApp(self.house)
        self.tenant: Tenant = self.house.add(self.name, parse_tenant_name(self.name))
        self.base = self.tenant.fhir_base

    @property
    def world(self) -> World:
        return self.tenant.world

    def patient(self, user: str) -> str:
        return self.world.people[user].patient

    def record(self, user: str, kind: str) -> list[Resource]:
        return list(self.world.record(self.patient(user), kind))

    def one(self, user: str, kind: str, text: str = "") -> str:
        """Id of the first resource of a type in a member's record that holds a text."""
        return next(str(one["id"]) for one in self.record(user, kind) if text in str(one))

    def token(
        self,
        user: str = "ada",
        scope: str = "patient/*.rs",
        *,
        app: str = "attested",
        choose: str = "",
        sensitive: bool = False,
    ) -> str:
        """A token by the control hook; one for each combination."""
        key = (user, scope, app, choose, str(sensitive))
        if key not in self.tokens:
            client = AppUnderTest(Browser(self.house, self.tenant), app)
            body = {
                "persona": user,
                "url": client.authorize_url(scope=LAUNCH + scope),
                "decision": "approve",
                "choose": choose,
                "include": ["sensitive"] if sensitive else [],
            }
            headers = {"Authorization": f"Bearer {self.house.control_token}"}
            url = f"{self.tenant.base}/control/authorize"
            redirect = client.browser.send("POST", url, json=body, headers=headers).json()
            code = answer_of(redirect["redirect"])["code"]
            self.tokens[key] = client.exchange(code).json()["access_token"]
        return self.tokens[key]

    def control(self, path: str, body: Mapping[str, Any]) -> None:
        headers = {"Authorization": f"Bearer {self.house.control_token}"}
        url = f"{self.tenant.base}/control/{path}"
        answer = Browser(self.house, self.tenant).send("POST", url, json=body, headers=headers)
        assert answer.status_code == 200, answer.text

    def ask(
        self,
        target: str,
        user: str = "ada",
        *,
        token: str | None = None,
        method: str = "GET",
        body: bytes = b"",
        **headers: str,
    ) -> Answer:
        """Send one request below the FHIR base; `token` "" sends none, None the user's."""
        path, _, query = target.removeprefix(self.base).partition("?")
        sent = {name.replace("_", "-").lower(): value for name, value in headers.items()}
        bearer = self.token(user) if token is None else token
        if bearer:
            sent["authorization"] = f"Bearer {bearer}"
        raw = f"/{self.name}/fhir{path}".encode("ascii")
        scope = {
            "type": "http",
            "method": method,
            "path": unquote(raw.decode("ascii")),
            "raw_path": raw,
            "root_path": "",
            "query_string": query.encode("ascii"),
            "headers": [(k.encode(), v.encode("latin-1")) for k, v in sent.items()],
            "scheme": "https",
            "server": ("localhost", 443),
            "client": ("127.0.0.1", 1),
            "http_version": "1.1",
        }
        return asyncio.run(self._exchange(scope, body))

    async def _exchange(self, scope: dict[str, Any], body: bytes) -> Answer:
        sent: list[dict[str, Any]] = []
        incoming = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> Any:
            return incoming.pop(0) if incoming else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        await self._app(scope, receive, send)
        content = b"".join(m.get("body", b"") for m in sent if m["type"] == "http.response.body")
        headers = {k.decode(): v.decode("latin-1") for k, v in sent[0]["headers"]}
        return Answer(sent[0]["status"], headers, content)

    def post(self, target: str, form: Any, user: str = "ada", **how: Any) -> Answer:
        body = urlencode(form, doseq=True).encode()
        media = "application/x-www-form-urlencoded"
        return self.ask(target, user, method="POST", body=body, content_type=media, **how)

    def text(self, target: str, user: str = "ada", **how: Any) -> str:
        return self.ask(target, user, **how).content.decode()

    def walk(self, target: str, user: str = "ada") -> list[Answer]:
        """Follow next links to the end, or for thirty pages."""
        pages = [self.ask(target, user)]
        while len(pages) < 30 and pages[-1].status == 200 and pages[-1].link("next"):
            pages.append(self.ask(pages[-1].link("next"), user))
        return pages

    def about(self, answer: Answer) -> set[str]:
        """Patients whose records the resources of an answer belong to."""
        if answer.status != 200:
            return set()
        found = answer.json
        rows = [one["resource"] for one in found.get("entry", [])]
        owners = (self.world.patient_of(row) for row in (rows or [found]))
        return {owner for owner in owners if owner}

    def leaks(self, target: str, user: str = "ada", **how: Any) -> bool:
        """Whether an answer holds a resource of somebody else's record."""
        return bool(self.about(self.ask(target, user, **how)) - {self.patient(user)})


def seeded_by(*modules: str) -> set[str]:
    """Ids that modules of the sandbox's defects register: the first text of a seeding call."""
    found: set[str] = set()
    for module in modules:
        source = (Path(defects.__file__).parent / f"{module}.py").read_text(encoding="utf-8")
        calls = (
            r'^@?(?:decision\(\s+"\w+",|remembering\(|data\(|seed\(|_\w+\()'
            r'\s+"([a-z0-9-]+)",\s+(?:"|AREA,)'
        )
        found |= set(re.findall(calls, source, re.MULTILINE))
    assert found <= set(defects.all_defects())
    return found


def assert_ordinary(payer: DefectPayer, *users: str) -> None:
    """Logins, own data and refusals without a token go on as ever."""
    for user in users or ("ada", "eli"):
        own = payer.patient(user)
        patient = payer.ask(f"/Patient/{own}", user)
        assert patient.status == 200, patient.content
        assert patient.json["id"] == own
        claims = payer.ask("/ExplanationOfBenefit", user)
        assert claims.status == 200, claims.content
        assert own in payer.about(claims)


def check(name: str, shows: Shows) -> None:
    """A defect leaves the ordinary flow whole, and shows; the clean payer does not show it."""
    payer = DefectPayer(f"plain+{name}")
    assert_ordinary(payer)
    assert shows(payer), name
    assert not shows(clean()), name


def check_twin(name: str, odd: Shows) -> None:
    """A twin leaves the ordinary flow whole and looks other than the clean payer."""
    payer = DefectPayer(f"plain+{name}")
    assert_ordinary(payer)
    assert odd(payer), name
    assert not odd(clean()), name


def clean() -> DefectPayer:
    """The plain payer, afresh."""
    return DefectPayer("plain")
