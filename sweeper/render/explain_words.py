"""The reason for a verdict in a sentence, for the document and the terminal alike."""

import shlex
from datetime import timedelta

from sweeper.core.durations import describe_duration
from sweeper.explain.result import Explanation, Verdict
from sweeper.render.words import moment, number

_HOLDS = {
    "ambiguous_id": "several sessions have this id, and this is one of them",
    "id_changed": "a refund of a session that is gone, or of another attempt, has its amount and moment of failure",
    "refund_missing": "refunds made since then are gone from the ledger, or from the app's, and it may be one of them",
    "no_account": "it has no account, or the account is gone",
    "no_attempt": "it does not say which charge it is about: sessions.attempt is null",
    "no_started_at": "it does not say when it started",
    "amount_not_finite": "its amount is not a finite number",
    "amount_negative": "its amount is negative",
    "amount_above_max": "its amount is above policy.max_amount",
    "not_closed": "nothing closed it as it was refunded, so the refund was undone",
    "charge_unknown": "it is older than the first charge in the app's books, so its charge is not known",
    "above_charge": "its amount is above what the app's books say was charged",
    "amount_rounded": "the balance or the ledger would round its amount",
    "account_inactive": "its account is not active: accounts.active is not true of it, or its balance is null",
    "refused": "its row, or its refund, was not as written when it was read back",
    "balance_mismatch": "the balance would not grow, or did not grow, by exactly its amount",
}


# a person who names the session has decided about these
_BY_NAME = ("refund_missing", "id_changed")
_PAYS_ABOVE = "sweeper run --session ID --max-amount N"

# the clocks of the app and of a run
_CLOCKS_DIFFER = timedelta(minutes=1)

# whether a session whose refund was taken back can be paid again by hand
PAID_AGAIN = {
    True: "No program pays it again; you can, with `sweeper run --session ID`, while nothing in the file excludes it.",
    False: "No program pays it again: the app's own ledger still has the refund, and its guard allows one.",
}


def sentence(explanation: Explanation) -> str:
    """The rule behind a verdict, with its numbers."""
    words = {
        Verdict.REFUNDED: _refunded,
        Verdict.REVERSED: _reversed,
        Verdict.ADOPTED: _adopted,
        Verdict.OWED: lambda explanation: f"{_since(explanation)} The next run refunds it.",
        Verdict.IN_GRACE: _waiting,
        Verdict.NOT_STUCK_YET: _waiting,
        Verdict.HELD: _held,
        Verdict.EXCLUDED: lambda explanation: f"The mapping says never to refund it: {explanation.exclude}.",
        Verdict.UNCHARGED: _uncharged,
        Verdict.SUCCEEDED: lambda explanation: f"Nothing is owed: {explanation.status} is one of sessions.succeeded.",
        Verdict.BEFORE_FLOOR: _before_floor,
        Verdict.UNKNOWN: _unknown,
    }
    # the commands in it can be copied as they are
    session_id = shlex.quote(explanation.session_id)
    return words[explanation.verdict](explanation).replace("--session ID", f"--session {session_id}")


def _reversed(explanation: Explanation) -> str:
    if explanation.exclude is not None:
        excluded = f"the mapping says never to refund it, {explanation.exclude}"
        return f"The refund was taken back. No run pays it again: {excluded}."
    if explanation.payable_again and explanation.hold_reason == "amount_above_max":
        above = hold_words(explanation.hold_reason)
        return f"The refund was taken back. No program pays it again; you can, with `{_PAYS_ABOVE}`, because {above}."
    if explanation.payable_again and explanation.hold_reason not in (None, *_BY_NAME):
        held = f"`sweeper run --session ID` puts it on hold: {hold_words(explanation.hold_reason or '')}"
        return f"The refund was taken back. No program pays it again, and {held}."
    return f"The refund was taken back. {PAID_AGAIN[explanation.payable_again]}"


def _uncharged(explanation: Explanation) -> str:
    if explanation.amount:
        return "Nothing was charged: the app's books have no charge of it that was not given back."
    return "Nothing was charged: the mapping gives no amount, or zero."


def _adopted(explanation: Explanation) -> str:
    if explanation.amount == 0:
        return "Waived: it was recorded that nothing is paid for it. No credits moved."
    return "Adopted: it was recorded as paid elsewhere. No credits moved here."


def _refunded(explanation: Explanation) -> str:
    if explanation.refunded_by_app:
        booked = "" if explanation.booked is None else f": {number(explanation.booked)} credits"
        at = "" if explanation.booked_at is None else f", on {moment(explanation.booked_at)}"
        return f"The app's own ledger has its refund{booked}{at}."
    refund = [event for event in explanation.history if event.facts.get("refund_id") == explanation.refund_id][-1]
    run = f" of run {refund.facts['run_id']}" if refund.facts["run_id"] else ""
    said = f"Refunded on {moment(refund.at)} by the layer {refund.facts['layer']}{run}; reason: {explanation.reason}."
    if explanation.started_at is None or explanation.started_at <= refund.at + _CLOCKS_DIFFER:
        return said
    return (
        f"{said} It was started after that, on {moment(explanation.started_at)}, and no run refunds a later charge of "
        f"it: compare its account with {refund.facts['account_id']}, which was paid. If it is another, the id is used "
        "again; if not, and it was charged again, map sessions.attempt."
    )


def _since(explanation: Explanation) -> str:
    if explanation.has_deadline:
        return "" if explanation.due_at is None else f"Its deadline {_when(explanation)} {moment(explanation.due_at)}."
    what, limit = ("no sign of life for", "stuck_after") if explanation.running else ("failed", "grace")
    since = explanation.active_at if explanation.running else explanation.failed_at
    if since is None or explanation.limit is None:
        return "It is owed."
    if since > explanation.as_of:
        what = "last sign of life" if explanation.running else "failure"
        return f"Its {what} lies ahead: {moment(since)}. {limit} is {describe_duration(explanation.limit)}."
    ago = describe_duration(explanation.as_of - since)
    ago += "" if explanation.running else " ago"
    return f"{what.capitalize()} {ago}, {limit} is {describe_duration(explanation.limit)}."


def _when(explanation: Explanation) -> str:
    passed = explanation.due_at is not None and explanation.due_at <= explanation.as_of
    return "was" if passed else "is"


def _waiting(explanation: Explanation) -> str:
    if explanation.due_at is None and explanation.has_deadline:
        return "It runs and has no deadline: no run treats it as stuck until it has one."
    if explanation.due_at is None and explanation.running and explanation.limit is None:
        return f"It is {explanation.status}, which is never stuck by policy.stuck_after."
    if explanation.due_at is None and not explanation.running:
        return "It does not say when it failed, so its grace never ends, and no run refunds it."
    if explanation.due_at is None:
        return "It does not say when it last showed a sign of life, so no run can treat it as stuck."
    then = (
        "refunds it" if explanation.hold_reason is None else f"puts it on hold: {hold_words(explanation.hold_reason)}"
    )
    first = "ends" if explanation.has_deadline else "ends or shows a sign of life"
    unless = f", unless it {first} before" if explanation.running else ""
    return f"{_since(explanation)} A run from {moment(explanation.due_at)} on {then}{unless}."


_AGAIN = "` pays it, again if it was refunded"


def _held(explanation: Explanation) -> str:
    pays = {"amount_above_max": " --max-amount N` pays it", **dict.fromkeys(_BY_NAME, _AGAIN)}
    again = f"--session ID{pays.get(explanation.hold_reason or '', '` looks again')}"
    end = f"To decide: `sweeper run {again}, `sweeper adopt --session ID --amount 0 --reason TEXT` waives it."
    if explanation.hold_reason == "no_attempt":  # adopt could not say which charge it is about either
        end = f"Write it into the row; then `sweeper run {again}."
    state = "On hold" if explanation.on_hold else "The next run puts it on hold"
    refused = explanation.on_hold and (explanation.hold_reason or "").startswith("refused")
    # it may repeat the row, so it is not shown
    where = " Its message is in the column `message` of sweeper's table `holds`." if refused else ""
    return f"{state}: {hold_words(explanation.hold_reason or '')}.{where} {end}"


def hold_words(hold_reason: str) -> str:
    """Why a session is on hold, in words."""
    if hold_reason.startswith("refused "):
        return f"the database refused its row (SQLSTATE {hold_reason.removeprefix('refused ')})"
    return _HOLDS.get(hold_reason, hold_reason)


def _before_floor(explanation: Explanation) -> str:
    return (
        f"It started before the floor, {moment(explanation.floor)}, and no run looks at it. You can refund it with "
        "`sweeper run --session ID`; policy.since lets in all sessions of that age."
    )


def _unknown(explanation: Explanation) -> str:
    if explanation.status is not None:
        return f"Its status, {explanation.status}, is not one of those in the file: no run looks at it."
    return "There is no such session, and no refund of one."
