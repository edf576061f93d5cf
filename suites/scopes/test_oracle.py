"""Scopes as a language: whatever is asked for, exactly what was granted can be read."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import strategies as st

from payerproof.smart.scopes import beyond, opens, parse
from payerproof.suite import (
    Api,
    Apps,
    Authorization,
    Lease,
    Person,
    Reply,
    SmartConfiguration,
    Target,
    check,
    expect,
    explore,
    inconclusive_unless,
)

ENOUGH = 8
"""Further scope strings were never seen to tell more, and each costs a trip of the member's."""

PROBED = ("ExplanationOfBenefit", "Coverage", "Condition", "Observation", "Patient")


@check("smart.scope-enforced/oracle", needs=("member", "two_apps"))
def test_what_is_granted_is_what_opens(
    api: Api,
    apps: Apps,
    authorization: Authorization,
    lease: Lease,
    smart: SmartConfiguration,
    member: Person,
    target: Target,
) -> None:
    """Whatever scope string is granted, exactly what its meaning allows can be read."""
    # given a member who has something of every type probed, and an app of one's own
    member.must_have(*PROBED)
    app = lease.hold(member, *apps.spare)
    control = lease(member, app)
    inconclusive_unless(control.scopes, "the app's own scopes were not granted", control.exchange)

    def judged(asked: str) -> None:
        # when any scope string is asked for and the code it brings is exchanged
        request = authorization.request(app, f"launch/patient {asked}")
        outcome = authorization.visit(member, request)
        code = outcome.parameters.get("code", "")
        if not code:
            expect(outcome).gives_no_code()  # refusing a request opens nothing
            return
        answer = authorization.tokens(app, member).exchange(
            code, request.redirect_uri, request.pkce.verifier
        )
        extra = beyond(answer.scopes, f"launch/patient {asked}")
        expect.that(
            not extra,
            f"scopes within what was asked for: {asked}",
            f"beyond it: {' '.join(extra)}" if extra else "within it",
            answer.exchange,
        )
        # then each type opens by read and by search exactly where the granted scopes say so
        client = api.anonymous().with_token(answer.access_token)
        replies = {
            (kind, letter): client.read(kind, member.record.ids(kind)[0])
            if letter == "r"
            else client.search(kind, _who(kind, member))
            for kind, letter in _probes(asked)
        }
        _expect_as_granted(answer.scopes, replies)

    explore(judged, _scope_strings(smart), examples=min(ENOUGH, target.limits.hypothesis_examples))


def _expect_as_granted(scopes: tuple[str, ...], replies: Mapping[tuple[str, str], Reply]) -> None:
    wrong = {
        probe: reply
        for probe, reply in replies.items()
        if _shown(reply, probe[0]) != opens(scopes, *probe)
        and not any(s.query and s.type == probe[0] for n in scopes if (s := parse(n)))
    }
    told = [
        f"{kind} {'opened' if _shown(reply, kind) else 'stayed closed'} "
        f"to {'read' if letter == 'r' else 'search'}"
        for (kind, letter), reply in wrong.items()
    ]
    expect.that(
        not wrong,
        f"exactly what was granted: {' '.join(scopes)}",
        "; ".join(told) or "as granted",
        *(reply.exchange for reply in (wrong or replies).values()),
    )


def _shown(reply: Reply, kind: str) -> bool:
    return any(resource["resourceType"] == kind for resource in reply.resources)


def _who(kind: str, member: Person) -> dict[str, str]:
    name = {"Coverage": "beneficiary", "Patient": "_id"}.get(kind, "patient")
    return {name: member.patient_id}


def _probes(asked: str) -> tuple[tuple[str, str], ...]:
    """Three probes that fit what was asked for: one type named in it, one that is not."""
    named = [kind for kind in PROBED if f"/{kind}." in asked] or [PROBED[0]]
    other = next((kind for kind in PROBED if kind not in named), PROBED[-1])
    return ((named[0], "r"), (named[0], "s"), (other, "s"))


def _scope_strings(smart: SmartConfiguration) -> st.SearchStrategy[str]:
    """Lists of one to three scopes, most of them sound, some odd."""
    version_2 = "permission-v2" in smart.capabilities
    letters = ("r", "s", "rs", "cruds") if version_2 else ("read",)
    kinds = st.sampled_from(PROBED)
    sound = st.builds("patient/{}.{}".format, kinds, st.sampled_from(letters))
    odd = st.one_of(
        st.builds("patient/{}.{}".format, kinds, st.sampled_from(("sr", "x", "", "read "))),
        st.builds("{}/{}.read".format, st.sampled_from(("user", "system")), kinds),
        st.sampled_from(("patient/*.", "patient/Coverage", "PATIENT/Coverage.read", "openid")),
    )
    return st.lists(st.one_of(sound, sound, sound, odd), min_size=1, max_size=3).map(" ".join)
