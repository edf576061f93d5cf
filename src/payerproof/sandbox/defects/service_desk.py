"""Mistakes of the service desk and of enrolment: accounts, identities, and what apps may say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from payerproof.sandbox.access import Access
from payerproof.sandbox.data.world import Person, Resource, World
from payerproof.sandbox.defects.changing import remembering, seed
from payerproof.sandbox.defects.replacing import desk, oauth
from payerproof.sandbox.defects.rewriting import page, swap
from payerproof.sandbox.desk import contact_standing, unacceptable
from payerproof.sandbox.fhir import compartment
from payerproof.sandbox.fhir.call import Asked
from payerproof.sandbox.oauth.granting import authority_holds

if TYPE_CHECKING:
    from payerproof.sandbox.apps import App
    from payerproof.sandbox.identities import Merge
    from payerproof.sandbox.oauth.model import Connection
    from payerproof.sandbox.tenant import Tenant

# -- contact details of accounts


def _anybody(_tenant: Tenant, _person: Person, _email: str, _phone: str) -> str:
    return "accepted"


seed(
    "account-with-contact-of-another",
    "household",
    "N-HOUSE-08",
    "An account is registered with whatever e-mail and telephone are typed, a parent's too",
    desk(contact_standing=_anybody),
    twin="account-with-contact-of-another-flagged",
)


def _phones_only(tenant: Tenant, person: Person, _email: str, phone: str) -> str:
    return contact_standing(tenant, person, "", phone)


seed(
    "account-with-email-of-another",
    "household",
    "N-HOUSE-08",
    "Telephone numbers are compared with those of other accounts; e-mail addresses aren't",
    desk(contact_standing=_phones_only),
    twin="account-with-contact-of-another-flagged",
)


def _flagged(tenant: Tenant, person: Person, email: str, phone: str) -> str:
    standing = contact_standing(tenant, person, email, phone)
    return "proxy" if standing == "refused" else standing


seed(
    "account-with-contact-of-another-flagged",
    "household",
    "N-HOUSE-08",
    "An account with somebody else's e-mail is registered, and flagged as a proxy's",
    desk(contact_standing=_flagged),
    lawful=True,
)

# -- newborns


def _household(tenant: Tenant, mother: Person) -> tuple[str, ...]:
    family = (one for one in tenant.world.people.values() if one.household == mother.household)
    payers = (one.user for one in family if one.role == "subscriber" and mother.household)
    return tuple(dict.fromkeys((mother.user, *payers)))


seed(
    "newborn-claims-shown-to-subscriber",
    "household",
    "N-HOUSE-15",
    "A newborn's claim is shown to whoever holds the contract as well, the father by default",
    desk(newborn_records=_household),
    twin="newborn-claims-held-back",
)


def _nobody(_tenant: Tenant, _mother: Person) -> tuple[str, ...]:
    return ()


seed(
    "newborn-claims-held-back",
    "household",
    "N-HOUSE-15",
    "A newborn's claim waits until the child has a number, and is shown to nobody before",
    desk(newborn_records=_nobody),
    lawful=True,
)

# -- identities that were merged by mistake


def _without(*kinds: str) -> Any:
    def returned(_world: World, merge: Merge) -> tuple[str, ...]:
        return tuple(row for row in merge.rows if row.partition("/")[0] not in kinds)

    return returned


seed(
    "unmerge-forgets-claims",
    "household",
    "N-HOUSE-17",
    "When a merge is undone, the clinical record goes back; claims stay with the other member",
    desk(returned_rows=_without("ExplanationOfBenefit")),
)
seed(
    "unmerge-forgets-documents",
    "household",
    "N-HOUSE-17",
    "When a merge is undone, documents stay with the other member",
    desk(returned_rows=_without("DocumentReference")),
)


@remembering(
    "unmerge-leaves-the-search-index",
    "household",
    "N-HOUSE-17",
    "The index of a member's rows grows by a merge, and isn't cut when that is undone",
)
def _indexed() -> dict[str, Any]:
    index: set[tuple[str, str]] = set()

    def may_find(access: Access, resource: Resource, world: World, asked: Asked) -> bool:
        row = (access.patient, f"{resource['resourceType']}/{resource['id']}")
        if compartment.may_find(access, resource, world, asked):
            index.add(row)
        return row in index

    return {"may_find": may_find}


# -- accounts that were closed


def _closed_for(*states: str) -> Any:
    def is_open(tenant: Tenant, user: str) -> bool:
        return tenant.desk.accounts.get(user, "active") not in states

    return is_open


seed(
    "account-locked-and-used",
    "revocation",
    "N-REV-13",
    "An account that staff have locked can still be used by its apps",
    desk(account_is_open=_closed_for("deceased", "fraud")),
)
seed(
    "account-of-deceased-and-used",
    "revocation",
    "N-REV-13",
    "The death of a member ends nothing that apps were granted",
    desk(account_is_open=_closed_for("locked", "fraud")),
)
seed(
    "account-flagged-for-fraud-and-used",
    "revocation",
    "N-REV-13",
    "An account that is flagged for fraud can still be used by its apps",
    desk(account_is_open=_closed_for("locked", "deceased")),
)


def _sign_in_only(tenant: Tenant, connection: Connection) -> bool:
    return tenant.grants.grant_lives(connection.grant) and authority_holds(tenant, connection.grant)


seed(
    "closed-account-ends-sign-in-only",
    "revocation",
    "N-REV-13",
    "A closed account can't sign in; tokens that apps hold are not asked about it",
    oauth(grant_lives=_sign_in_only),
)

# -- apps


def _kept(_tenant: Tenant, _client_id: str, _long_access: bool) -> None:
    return None


def _new_grants_only(tenant: Tenant, client_id: str, long_access: bool) -> None:
    """End what was granted in the last hour, which the job takes for all there is."""
    since = tenant.clock.now() - 3600.0
    for grant in list(tenant.grants.grants.values()):
        if not long_access and grant.client_id == client_id and grant.created >= since:
            tenant.grants.end_grant(grant, "the app's access category was changed")


seed(
    "access-category-change-keeps-grants",
    "revocation",
    "N-REV-12",
    "An app that loses long access gets no new refresh tokens, and keeps those it has",
    desk(category_changed=_kept),
)
seed(
    "access-category-change-misses-older-grants",
    "revocation",
    "N-REV-12",
    "When an app loses long access, only what was granted in the last hour is ended",
    desk(category_changed=_new_grants_only),
)


def _whatever(_app: App) -> str:
    return ""


seed(
    "app-address-of-any-kind-taken",
    "consent",
    "N-LEAK-17",
    "The address of an app's privacy policy may be a script, and stands as a link on the page",
    desk(unacceptable=_whatever),
    twin="markup-in-app-name-refused",
)
seed(
    "app-name-unescaped-on-consent",
    "consent",
    "N-LEAK-17",
    "The name that a developer gave an app stands on the consent page as markup",
    page("consent", swap("<dd>{{ view.app.name }}</dd>", "<dd>{{ view.app.name | safe }}</dd>")),
    twin="markup-in-app-name-refused",
)
seed(
    "app-name-unescaped-in-connected-apps",
    "consent",
    "N-LEAK-17",
    "The name that a developer gave an app stands in the list of connected apps as markup",
    page("apps", swap(">{{ row.app.name }}</h2>", ">{{ row.app.name | safe }}</h2>")),
    twin="markup-in-app-name-refused",
)


def _plain_names(app: App) -> str:
    return "name: no markup" if "<" in app.name + app.developer else unacceptable(app)


seed(
    "markup-in-app-name-refused",
    "consent",
    "N-LEAK-17",
    "An app whose name or developer holds markup isn't registered",
    desk(unacceptable=_plain_names),
    lawful=True,
)
