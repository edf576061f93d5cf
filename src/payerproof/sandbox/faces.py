"""The clean faces: different ways in which a payer may lawfully look and behave."""

from __future__ import annotations

import base64
import hashlib
import uuid
from dataclasses import dataclass
from typing import Literal

_NAMESPACE = uuid.UUID("6f0d6f2e-2d1c-5a5e-9a0b-7061796572ff")


@dataclass(frozen=True)
class Face:
    """One lawful combination of the choices that the guides leave to a payer.

    `foreign_read` is the status for a resource of another member, `foreign_search` the answer to
    a search for one. `page_size` counts entries. `second_factor` is the place of the code field:
    on a page of its own, or beside the password. `unknown_scope` tells whether an unknown scope
    is dropped or refuses the request (RFC 6749 section 3.3 allows both). `wildcard` tells whether
    ``patient/*.rs`` is granted as such or spelled out type by type. `provider_access` is the
    version of PDex Provider Access for clinics: attribution Groups (v1), member match (v2), or
    both. `udap` tells whether UDAP metadata are published; `mutual_tls` whether clinics
    may also come to a host that asks for their certificate; `before_floor` whether they also get
    what was done before 2016. `brands` tells whether the SMART configuration leads to a bundle of
    user-access brands; `patient_export` whether clinics may export all their members at once;
    `slows_guessing` whether wrong passwords are answered ever later besides the lock after five.
    """

    name: str
    token_format: Literal["opaque", "self-contained"] = "opaque"  # noqa: S105 - a form, no secret
    foreign_read: Literal[403, 404] = 404
    foreign_search: Literal["403", "empty"] = "empty"
    login: Literal["one-page", "identifier-first"] = "one-page"
    second_factor: Literal["own-page", "with-password"] = "own-page"
    paging: Literal["offset", "cursor"] = "offset"
    id_shape: Literal["uuid", "short", "hashed", "numeric"] = "uuid"
    bundle_total: bool = True
    page_size: int = 20
    unknown_scope: Literal["drop", "refuse"] = "drop"
    wildcard: Literal["as-asked", "spelled-out"] = "as-asked"
    picker: Literal["radios", "select"] = "radios"
    allow_label: str = "Allow"
    decline_label: str = "Don't allow"
    plan_name: str = "Sandbox Health Plan"
    provider_access: Literal["v1", "v2", "both"] = "both"
    udap: bool = False
    mutual_tls: bool = False
    before_floor: bool = False
    brands: bool = False
    patient_export: bool = False
    slows_guessing: bool = False

    @property
    def opaque(self) -> bool:
        """Whether access tokens say nothing to whoever reads them."""
        return self.token_format == "opaque"  # noqa: S105 - a form, no secret

    def logical_id(self, resource_type: str, name: str) -> str:
        """Return the id of the resource that the fixtures call `name`, in this face's shape."""
        seed = f"{resource_type}/{name}"
        if self.id_shape == "uuid":
            return str(uuid.uuid5(_NAMESPACE, seed))
        digest = hashlib.sha256(seed.encode()).digest()
        if self.id_shape == "hashed":
            return "h-" + digest.hex()[:40]
        if self.id_shape == "numeric":
            return str(10**11 + int.from_bytes(digest[:8]) % (9 * 10**11))
        return base64.b32encode(digest[:7]).decode().rstrip("=").lower()


FACES: dict[str, Face] = {
    face.name: face
    for face in (
        Face("plain"),
        Face(
            "gateway",
            token_format="self-contained",  # noqa: S106 - the form of a token, not a password
            foreign_read=403,
            foreign_search="403",
            login="identifier-first",
            paging="cursor",
            id_shape="short",
            bundle_total=False,
            page_size=10,
            unknown_scope="refuse",
            wildcard="spelled-out",
            picker="select",
            allow_label="Share my data",
            decline_label="Don't share",
            plan_name="Gateway Synthetic Health",
            provider_access="v1",
            udap=True,
            patient_export=True,
            slows_guessing=True,
        ),
        Face(
            "vendor",
            token_format="self-contained",  # noqa: S106 - the form of a token, not a password
            foreign_read=404,
            foreign_search="empty",
            login="one-page",
            second_factor="with-password",
            paging="cursor",
            id_shape="hashed",
            page_size=50,
            allow_label="Approve",
            decline_label="Deny",
            plan_name="Vendor-Hosted Synthetic Plan",
            provider_access="v2",
            brands=True,
            slows_guessing=True,
        ),
        Face(
            "regional",
            foreign_read=403,
            foreign_search="empty",
            login="identifier-first",
            paging="offset",
            id_shape="numeric",
            bundle_total=False,
            page_size=25,
            wildcard="spelled-out",
            allow_label="Agree and connect",
            decline_label="Cancel",
            plan_name="Regional Synthetic Care",
            mutual_tls=True,
            before_floor=True,
        ),
    )
}
"""Face by name."""
