"""Guessing: many wrong passwords or codes are slowed down, and tell of no account."""

from __future__ import annotations

from payerproof.suite import Observed, check, expect, inconclusive_unless, not_applicable_unless

NEEDS = ("member", "browser", "portal", "state_changes", "control:unlock")

BESIDE = "A second factor is asked for beside the password, so each guess would cost a code."


@check("login.lockout-and-enumeration/passwords", needs=NEEDS, prod="no")
def test_guessing_passwords_is_slowed_down(observed: Observed) -> None:
    """After many wrong passwords an account is locked, or each further try takes longer."""
    # given an account whose password was guessed wrongly many times
    seen = observed.guessed()
    not_applicable_unless(not seen.beside, BESIDE, *seen.right.exchanges[-2:])
    tried = [one for one in seen.wrong if one.pages]
    inconclusive_unless(tried and not seen.wrong[0].logged_in, "no wrong password was refused")
    # when the right one is given at last, then it isn't taken at once as if nothing had happened
    hindered = not seen.opened or seen.slowed
    inconclusive_unless(
        seen.opened or any(one.trouble == "locked" for one in (*seen.wrong, seen.right)),
        f"the right password was refused, and no lock was spoken of ({seen.right.trouble})",
        *seen.right.exchanges[-2:],
    )
    expect.that(
        hindered,
        "a lock, or answers that take longer and longer",
        f"the right password was taken after {len(seen.wrong)} wrong ones, without delay"
        if not hindered
        else "so it is",
        *(x for one in (seen.wrong[-1], seen.right) for x in one.exchanges[-2:]),
    )


@check("login.lockout-and-enumeration/unknown-name-alike", needs=NEEDS, prod="no")
def test_a_lock_tells_of_no_account(observed: Observed) -> None:
    """Many tries with a user name that nobody has end as those of an account do."""
    # given an account that was locked after many wrong passwords
    seen = observed.guessed()
    not_applicable_unless(not seen.beside, BESIDE, *seen.right.exchanges[-2:])
    locked = [n for n, one in enumerate((*seen.wrong, seen.right)) if one.trouble == "locked"]
    not_applicable_unless(locked, "Guessing locks no account here.")
    # when a name that nobody has was tried as often
    alike = [n for n, one in enumerate(seen.unknown) if one.trouble == "locked"]
    inconclusive_unless(all(one.pages for one in seen.unknown), "a login brought no page")
    # then it reads as locked from the same try on
    expect.that(
        bool(alike) and alike[0] == locked[0],
        "a lock for both, after as many tries",
        f"the account after {locked[0]} tries, the unknown name "
        + (f"after {alike[0]}" if alike else "never"),
        *seen.wrong[-1].exchanges[-2:],
        *seen.unknown[-1].exchanges[-2:],
    )


@check("login.second-factor/guessing", needs=NEEDS, prod="no")
def test_guessing_codes_is_slowed_down(observed: Observed) -> None:
    """After many wrong second-factor codes the right one isn't taken any more."""
    # given a login that waits for its second factor, and many wrong codes
    seen = observed.guessed_codes()
    tried = seen.outcome.refused_codes
    not_applicable_unless(
        tried, "No second factor was asked for on a page of its own.", *seen.outcome.exchanges[-2:]
    )
    # when the right one was given at last, where one was asked for still
    page = seen.outcome.used_code
    inside = page is not None and page.kind not in ("login", "second-factor", "error", "other")
    # then it did not lead on, or each try had to be waited for
    expect.that(
        not inside or seen.slowed,
        "a refusal, a new login, or answers that take longer and longer",
        f"a page of kind {page.kind} after {seen.tries} wrong codes"
        if page and inside and not seen.slowed
        else "so it is",
        *(one.exchange for one in tried[-2:]),
    )
