"""How a clinic proves who it is: right assertions, and wrong ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urljoin

from joserfc.jwk import ECKey

from payerproof.expect import assertions
from payerproof.fhir.reply import Reply
from payerproof.plugin.organisations import Organisation
from payerproof.plugin.practice.listening import serving
from payerproof.smart.client import RegisteredApp, client_assertion
from payerproof.smart.tokens import TokenAnswer
from payerproof.target import Clinic

Make = Callable[[RegisteredApp, str], str]


@dataclass(frozen=True)
class Asserted:
    """Answers of the token endpoint by what was sent."""

    right: TokenAnswer
    second: TokenAnswer | None
    """With the clinic's second key; None where it has none."""
    once: TokenAnswer
    twice: TokenAnswer
    """One assertion, sent two times."""
    wrong: Mapping[str, TokenAnswer]
    scopes: Mapping[str, TokenAnswer]
    """By what was asked for."""
    forms: Mapping[str, TokenAnswer]
    """Other grants and other ways to authenticate."""
    opened: Reply
    """What the second key's token, or the right one, opens."""


def asserted(clinic: Organisation[Clinic], other: Organisation[Clinic] | None) -> Asserted:
    """Ask for tokens in every wrong way, and in the right ones."""
    backend = clinic.backend
    endpoint, app = backend.endpoint, backend.client
    single = client_assertion(app, endpoint)
    once, twice = backend.ask(assertion=single), backend.ask(assertion=single)
    second = clinic.backend_with_second_key.ask() if clinic.partner.second_key else None
    wrong = {
        name: backend.ask(assertion=make(app, endpoint))
        for name, make in _wrong(clinic, other).items()
    }
    wrong["by keys from its own address"] = _own_address(clinic)
    scopes = {
        name: backend.ask(scope)
        for name, scope in {
            "one type": "system/Patient.rs",
            "of members": "patient/*.rs",
            "of users": "user/*.rs",
            "to write": "system/Patient.cud",
            "everything": "system/*.cruds",
            "none": "",
        }.items()
    }
    token = (second if second and second.gave_token else clinic.first_answer).access_token
    return Asserted(
        clinic.first_answer,
        second,
        once,
        twice,
        wrong,
        scopes,
        _forms(clinic),
        clinic.with_token(token).search("Patient", [("_count", "1")]),
    )


def _wrong(clinic: Organisation[Clinic], other: Organisation[Clinic] | None) -> dict[str, Make]:
    stranger = other.partner.client_id if other else "payerproof-nobody"
    found: dict[str, Make] = {
        "expired": lambda app, to: assertions.lasting(app, to, -300),
        "too long": lambda app, to: assertions.lasting(app, to, 86_400),
        "for another server": lambda app, _: client_assertion(
            app, "https://auth.payerproof.invalid/token"
        ),
        "for another address here": lambda app, to: client_assertion(
            app, urljoin(to, "/payerproof/elsewhere")
        ),
        "for the FHIR base": lambda app, _: client_assertion(app, clinic.base),
        "by a foreign key": assertions.signed_by_a_stranger,
        "by a key it brings along": assertions.with_own_key,
        "by a key of its own name": assertions.with_new_key,
        "without jti": assertions.without_id,
        "without exp": lambda app, to: client_assertion(app, to, exp=None),
        "unsigned": assertions.unsigned,
        "by another issuer": lambda app, to: client_assertion(app, to, iss=stranger),
        "for another subject": lambda app, to: client_assertion(app, to, sub=stranger),
        "of an unknown client": lambda app, to: client_assertion(
            app, to, iss="payerproof-nobody", sub="payerproof-nobody"
        ),
    }
    if other is not None:
        signer = other.partner
        me = clinic.partner.client_id
        found["by another clinic's key"] = lambda _, to: client_assertion(
            signer, to, iss=me, sub=me
        )
    return found


def _own_address(clinic: Organisation[Clinic]) -> TokenAnswer:
    """An assertion that names an address on this machine where its key is to be fetched."""
    backend, key = clinic.backend, ECKey.generate_key("P-384")
    public = {**key.as_dict(private=False), "kid": "payerproof-own", "alg": "ES384", "use": "sig"}
    with serving({"keys": [public]}) as address:
        return backend.ask(
            assertion=assertions.keys_from(backend.client, backend.endpoint, address, key)
        )


def _forms(clinic: Organisation[Clinic]) -> dict[str, TokenAnswer]:
    backend, me = clinic.backend, clinic.partner.client_id
    scope = ("scope", clinic.partner.scopes)
    plain = [("grant_type", "client_credentials"), scope, ("client_id", me)]
    return {
        "no proof at all": backend.send(plain),
        "a guessed secret": backend.send([*plain, ("client_secret", assertions.Guess().reveal())]),
        "another assertion type": backend.send(
            [
                *plain[:2],
                ("client_assertion_type", "urn:payerproof:other"),
                ("client_assertion", client_assertion(clinic.partner, backend.endpoint)),
            ]
        ),
        "grant of a password": backend.post(
            [("grant_type", "password"), scope, ("username", "x"), ("password", "x")]
        ),
        "grant of a code": backend.post([("grant_type", "authorization_code"), ("code", "x")]),
    }
