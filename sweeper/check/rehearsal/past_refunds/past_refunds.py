"""Whether ``[ledger.insert]`` would write what the app itself wrote for sessions that it refunded."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from sweeper.app.catalog import Column
from sweeper.check.rehearsal.ledger.app_ledger import AppLedger, app_ledger
from sweeper.check.rehearsal.ledger.linked_sessions import rows_of_excluded
from sweeper.check.rehearsal.ledger.unmapped_ledger import check_given_back
from sweeper.check.rehearsal.past_refunds.compared_columns import ComparedColumn, compared_columns
from sweeper.check.rehearsal.past_refunds.expiry import check_expiry
from sweeper.check.rehearsal.past_refunds.hidden_amounts import (
    amounts_before_refund,
    amounts_in_json,
    read_given_back,
    unwritten_amount,
)
from sweeper.check.rehearsal.past_refunds.past_amounts import ENOUGH, MANY, MOST, ODD, wrong_amounts
from sweeper.check.rehearsal.past_refunds.past_rows import PastRefund, read_past_refunds
from sweeper.check.rehearsal.past_refunds.refund_words import keys_left_out, wrong_words
from sweeper.check.rehearsal.samples import Samples, named
from sweeper.check.result import Check, failure, joined, ok, warning


@dataclass(frozen=True)
class _Wrong:
    """A column of the ledger that would have something else in our rows than in the app's."""

    column: Column
    message: str
    grave: bool = False


def check_past_refunds(samples: Samples) -> Iterator[Check]:
    """Compare what the file would have written and paid for past refunds with what the app did."""
    ledger = app_ledger(samples)
    if ledger is None:
        nothing = ok("no [ledger] is mapped: there is nothing that the app wrote to compare with")
        yield wrong_amounts(samples, read_given_back(samples), netted=False) or next(check_given_back(samples), nothing)
        return
    compared, unwritten = compared_columns(samples, ledger)
    sessions = read_past_refunds(samples, ledger, compared, unwritten)
    netted = ledger.section.past is not None
    sessions = sessions if netted else amounts_in_json(amounts_before_refund(samples, sessions))
    words = wrong_words(samples, sessions, compared)
    unseen = None if sessions or netted else rows_of_excluded(samples, ledger)
    if not sessions:
        yield unseen or ok("none of the newest failed sessions has a refund that the app wrote itself")
        return
    account = next((one.column.quoted for one in compared if one.meaning == "account"), "sessions.account")
    found = [
        wrong_amounts(samples, sessions, netted=netted),
        _accounts(samples, sessions, account),
        _never(samples, sessions),
        None if netted else unwritten_amount(sessions),
        words,
        _others(samples, ledger, sessions, compared, unwritten),
        next(check_expiry(samples, ledger), None),
    ]
    problems = [check for check in found if check is not None]
    agrees = ok(f"for {len(sessions)} sessions that the app refunded, the file gives what it wrote")
    yield joined(problems) if problems else agrees


def _accounts(samples: Samples, sessions: Sequence[PastRefund], column: str) -> Check | None:
    known = [one for one in sessions if one.past_account is not None and one.account is not None]
    wrong = [one for one in known if one.account != one.past_account]
    if not wrong:
        return None
    sample = wrong[0]
    message = (
        f"sessions.account = {samples.own.account!r} is another account than the app gave back to for "
        f"{len(wrong)} of {len(known)} sessions, such as {sample.session_id}: {sample.account} instead of "
        f"{sample.past_account} in {column}"
    )
    often = len(wrong) >= max(ENOUGH, len(known) * ODD)
    return (failure if often else warning)(message, "sessions.account: who was charged")


def _never(samples: Samples, sessions: Sequence[PastRefund]) -> Check | None:
    """Sessions that the file never pays, although the app gave back what the file says, and to the same account."""
    never = [one for one in sessions if one.never and one.rows and one.account == one.past_account is not None]
    same = [one for one in never if one.amount and abs(one.amount) == abs(one.past_amount)]
    if len(same) < ENOUGH or all(one.never for one in sessions):  # then it is a mark of a refund
        return None
    return warning(
        f"sessions.never = {samples.own.never!r} is true of {len(same)} of "
        f"{len(sessions)} sessions that the app refunded, such as {named([one.session_id for one in same])}, with the "
        "amount and the account of the file: others of that kind are not refunded",
        "sessions.never: true only of what is never to be refunded",
    )


def _others(
    samples: Samples,
    ledger: AppLedger,
    sessions: Sequence[PastRefund],
    compared: Sequence[ComparedColumn],
    unwritten: Sequence[Column],
) -> Check | None:
    """Columns other than those of the amount, and words in texts."""
    refunded = {one.session_id for one in sessions}
    newest = [one for one in samples.failed if one in refunded]
    unique = samples.unique_names(ledger.table)
    links = samples.references(of=ledger.table, to=samples.accounts) if samples.accounts else []
    owners = {row.column_name for row in links}
    found = [said for one in compared for said in _wrong_values(samples, sessions, one, newest, unique, owners)]
    found += _left_empty(sessions, unwritten, newest, unique)
    if not found:
        return None
    lines = [f"ledger.insert: {one.column.quoted} = what the app writes there" for one in found]
    grave = any(one.grave for one in found)
    return (failure if grave else warning)("; ".join(one.message for one in found), "\n".join(lines))


def _wrong_values(
    samples: Samples,
    sessions: Sequence[PastRefund],
    one: ComparedColumn,
    newest: Sequence[str],
    unique: Collection[str],
    owners: Collection[str],
) -> Iterator[_Wrong]:
    """What a column would have in our rows, where the app wrote something else."""
    name, most = one.column.name, max(ENOUGH, len(sessions) * MOST)
    against = [session.session_id for session in sessions if name in session.opposite]
    if len(against) >= most:
        message = f"{name} = {one.value} is the other way than in the app's refunds, such as {named(against)}"
        yield _Wrong(one.column, message, grave=True)
    # what else is in a key is the same for all; with a number of its own, or a random one, it is none to find it by
    rests = Counter(session.keyed[name] for session in sessions if name in session.keyed).most_common(1)
    keyed = [session.session_id for session in sessions if rests and session.keyed.get(name) == rests[0][0]]
    if len(keyed) >= most:
        is_key = name in unique
        so = (
            "it is unique, so the app's own code would not find our refund by it" if is_key
            else "if the app's own code looks for refunds by it, it would not find ours"
        )  # fmt: skip
        message = f"{name} = {one.value!r} does not name the session, as the app's refunds do ({named(keyed)}): {so}"
        yield _Wrong(one.column, message, grave=is_key)
    different = _now(newest, [session.session_id for session in sessions if name in session.differs])
    early = samples.mapping.moves_balances and one.not_paid_yet and len(different) >= ENOUGH
    if early or len(different) > len(sessions) * MANY:
        of_another = name in owners and len(different) >= ENOUGH
        default = f"[ledger.insert] leaves {name} at its default, {one.value}, which"
        message = default if one.meaning == "default" else f"{name} = {one.value!r}"
        message += f" is not what the app wrote for {named(different)}"
        message += ": the row would be that of another account" * of_another
        message += ": something of the app's pays such a row later, so that the balance would move twice" * early
        yield _Wrong(one.column, message, grave=of_another or early)
    left_out = {key: _now(newest, having) for key, having in keys_left_out(samples, sessions, one).items()}
    if keys := [f"{key!r} ({named(having)})" for key, having in left_out.items() if having]:
        yield _Wrong(one.column, f"{name} = {one.value!r} leaves out what the app wrote: {', '.join(keys)}")


def _left_empty(
    sessions: Sequence[PastRefund], unwritten: Sequence[Column], newest: Sequence[str], unique: Collection[str]
) -> Iterator[_Wrong]:
    """Columns that the app fills, and our rows would not."""
    for column in unwritten:
        filled = _now(newest, [one.session_id for one in sessions if column.name in one.unwritten])
        if len(filled) > len(sessions) * ODD:
            # the app may look there to see whether it has refunded a session
            is_key = column.name in unique and len(filled) > len(sessions) * MANY
            message = (
                f"the app fills {column.name} ({len(filled)} of {len(sessions)} refunds, such as {named(filled)}), and "
                "[ledger.insert] leaves it empty"
            )
            message += ": it is unique, so the app's own code would not find our refund by it" * is_key
            yield _Wrong(column, message, grave=is_key)


def _now(newest: Sequence[str], found: Sequence[str]) -> Sequence[str]:
    """The sessions found; none where they are the oldest ones alone, so that the app now writes what we do."""
    since = next((place for place, one in enumerate(newest) if one in found), 0)
    return [] if since >= ENOUGH and len(newest) - since == len(found) else found
