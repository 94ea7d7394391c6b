"""The reason for a verdict in a sentence, for the document and the terminal alike."""

from sweeper.core.durations import describe_duration
from sweeper.explain.result import Explanation, Verdict
from sweeper.render.words import moment

_HOLDS = {
    "refund_missing": "a run since then paid more refunds than the ledger still has, and it may be one of them",
    "no_account": "it has no account, or the account is gone",
    "no_started_at": "it does not say when it started",
    "amount_not_finite": "its amount is not a finite number",
    "amount_negative": "its amount is negative",
    "amount_above_max": "its amount is above policy.max_amount",
    "amount_rounded": "the balance or the ledger would round its amount",
}


# whether a person may pay a session again whose refund was taken back
PAID_AGAIN = {
    True: "No program pays it again; a person can, with `sweeper run --session ID`.",
    False: "No program pays it again: the app's own ledger still has the refund, and its guard allows one.",
}


def sentence(told: Explanation) -> str:
    """The rule behind a verdict, with its numbers."""
    words = {
        Verdict.REFUNDED: _refunded,
        Verdict.REVERSED: lambda told: f"The refund was taken back. {PAID_AGAIN[told.payable_again]}",
        Verdict.ADOPTED: lambda _: "Adopted: a person wrote down that it was paid elsewhere. No credits moved here.",
        Verdict.OWED: lambda told: f"{_since(told)} The next run refunds it.",
        Verdict.IN_GRACE: _waiting,
        Verdict.NOT_STUCK_YET: _waiting,
        Verdict.HELD: _held,
        Verdict.EXCLUDED: lambda told: f"The mapping says never to refund it: {told.exclude}.",
        Verdict.UNCHARGED: lambda _: "Nothing was charged: the mapping gives no amount, or zero.",
        Verdict.SUCCEEDED: lambda told: f"It succeeded: its status is {told.status}.",
        Verdict.BEFORE_FLOOR: _before_floor,
        Verdict.UNKNOWN: _unknown,
    }
    return words[told.verdict](told)


def _refunded(told: Explanation) -> str:
    if told.refunded_by_app:
        return "The app's own ledger has its refund."
    refund = [event for event in told.history if event.facts.get("refund_id") == told.refund_id][-1]
    run = f" of run {refund.facts['run_id']}" if refund.facts["run_id"] else ""
    return f"Refunded on {moment(refund.at)} by the layer {refund.facts['layer']}{run}, because of {told.reason}."


def _since(told: Explanation) -> str:
    what, limit = ("no sign of life for", "stuck_after") if told.running else ("failed", "grace")
    since = told.active_at if told.running else told.failed_at
    if since is None or told.limit is None:
        return "It is owed."
    ago = describe_duration(told.as_of - since)
    return f"{what.capitalize()} {ago}{'' if told.running else ' ago'}, {limit} is {describe_duration(told.limit)}."


def _waiting(told: Explanation) -> str:
    if told.due_at is None:
        return "It does not say since when it shows no sign of life, so no run can call it stuck."
    then = "refunds it" if told.hold_reason is None else f"puts it on hold: {hold_words(told.hold_reason)}"
    return f"{_since(told)} A run from {moment(told.due_at)} on {then}."


def _held(told: Explanation) -> str:
    pays = {"amount_above_max": " --max-amount N` pays it", "refund_missing": "` pays it, again if it was refunded"}
    again = f"--session ID{pays.get(told.hold_reason or '', '` looks again')}"
    end = f"A person decides: `sweeper run {again}, `sweeper adopt --session ID --amount 0` waives it."
    state = "On hold" if told.on_hold else "The next run puts it on hold"
    return f"{state}: {hold_words(told.hold_reason or '')}. {end}"


def hold_words(hold_reason: str) -> str:
    """Why a session is on hold, in words."""
    if hold_reason.startswith("refused"):
        return f"the database refused its row (SQLSTATE {hold_reason.removeprefix('refused').strip() or 'unknown'})"
    return _HOLDS.get(hold_reason, hold_reason)


def _before_floor(told: Explanation) -> str:
    return (
        f"It started before the floor, {moment(told.floor)}, and no run looks at it. A person can refund it with "
        "`sweeper run --session ID`; policy.since lets all that old in."
    )


def _unknown(told: Explanation) -> str:
    if told.status is not None:
        return f"Its status, {told.status}, is none of those in the file: no run looks at it."
    return "There is no such session, and no refund of one."
