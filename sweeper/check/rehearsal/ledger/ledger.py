"""Rows of the app's ledger that contradict ``[ledger]``: running balances, missed refunds, work that comes later."""

import re
from collections.abc import Iterator, Mapping, Sequence

from sweeper.app.catalog import FLOATING_TYPES, TIME_TYPES, Column, has_subquery
from sweeper.app.over_refund import names_in
from sweeper.check.rehearsal.charges.subqueries import check_ledger_subjects
from sweeper.check.rehearsal.ledger.app_ledger import AppLedger, app_ledger, of_these_sessions
from sweeper.check.rehearsal.ledger.kinds_of_ledgers import (
    check_entries,
    check_lots,
    check_newest_balances,
    check_not_newest,
    count_lots,
    is_newest_balance,
)
from sweeper.check.rehearsal.ledger.linked_sessions import (
    NOT_MADE,
    check_linked,
    check_named_in_json,
    check_named_in_texts,
    check_row_kinds,
    check_session_fails,
    check_spellings,
)
from sweeper.check.rehearsal.ledger.nameless_refunds import check_nameless
from sweeper.check.rehearsal.ledger.unmapped_ledger import check_forgotten
from sweeper.check.rehearsal.marks.row_amounts import is_usual
from sweeper.check.rehearsal.past_refunds.compared_columns import STATE
from sweeper.check.rehearsal.samples import Samples, named
from sweeper.check.rehearsal.words import ADDED, DOWN_WORDS, REFUND_WORDS, UNDONE, UP_WORDS, is_mark, speaks_of_refund
from sweeper.check.result import Check, failure, joined, ok, warning
from sweeper.install.reversal_key import FULL_KEY_FIX, find_full_key, full_key
from sweeper.postgres.transaction import Row

_RUNNING = re.compile(r"balance|running|remaining|_total$|^total|before|after", re.IGNORECASE)
_BALANCE_WORDS = {"balance_before", "balance_after"}
_LATER = re.compile(rf"({ADDED}|credited|transferred)(_?(at|on))?$", re.IGNORECASE)
_PLANNED = re.compile(
    r"expir|until|valid|due|start|begin|end|creat|updat|delet|month|period|archiv|export", re.IGNORECASE
)
_SCALED = re.compile(
    r"[\s(]*(?P<sign>-)?[\s(]*(?:refund\.)?(?P<word>amount|balance_after)[\s)]*(?P<unit>[*/]\s*[\d.]+)?[\s)]*"
)
_STEPS_AT_LEAST, _MOST, _ENOUGH = 5, 0.8, 3


def check_ledger(samples: Samples) -> Iterator[Check]:
    ledger = app_ledger(samples)
    if ledger is None:
        yield next(check_forgotten(samples), ok("none is mapped"))
        return
    failing = list(check_session_fails(samples, ledger))
    found = [*failing, *check_linked(samples, ledger), *_running(samples, ledger), *check_spellings(samples, ledger)]
    # refunds that `where` leaves out, by their words, or else by the sessions that they name
    missed = [] if failing else [*_missed(samples, ledger)] or [*check_row_kinds(samples, ledger)]
    found += missed or [*check_named_in_texts(samples, ledger)] or check_named_in_json(samples, ledger)
    found += [] if failing else check_nameless(samples, ledger)
    found += [*_later(samples, ledger), *_no_room(samples), *check_ledger_subjects(samples, ledger)]
    found += [*check_lots(samples, ledger), *check_entries(samples, ledger), *_undone(samples, ledger)]
    yield joined(found) if found else ok("its newest rows agree with the file")


def _running(samples: Samples, ledger: AppLedger) -> Iterator[Check]:
    """Columns that have a running balance and are not written as one."""
    amounts, link = ledger.amounts, names_in(ledger.section.session)
    for column, value in ledger.values.items():
        # the ids of one account's sessions may go up by one, as does what each costs
        if not column.is_number or column.base_type in FLOATING_TYPES or column.name.lower() in link:
            continue
        names = names_in(value)
        looks = bool(_RUNNING.search(column.name))
        if names & _BALANCE_WORDS:
            if "balance_after" in names:
                # in another unit, or where it counts what was used, its newest value is not the balance
                if _scale(value, "balance_after") == ("", ""):
                    yield from check_newest_balances(samples, ledger, column)
                yield from _steps_otherwise(samples, ledger, column)
            elif value.strip().lower() == "balance_before":
                yield from check_not_newest(samples, ledger, column)
            continue
        by_hand = has_subquery(value)
        chained = column not in amounts[:1] and _is_chained(samples, ledger, column)
        newest = (
            looks and not chained and column not in amounts[:1] and is_newest_balance(samples, ledger, column)
            and not (amounts and count_lots(samples, ledger, amounts[0], column))
        )  # fmt: skip
        if (looks and by_hand) or chained or newest:
            seen = (
                "steps by the amount from row to row" if chained
                else "of the newest row is the balance" if newest
                else "looks like a running balance"
            )  # fmt: skip
            word = "balance_before" if "before" in column.name.lower() else "balance_after"
            yield failure(
                f"{column.name} {seen}, and [ledger.insert] fills it with {value!r}: of several refunds of "
                "one account in one batch only the first would be right",
                f'[ledger.insert] {column.quoted} = "{word}", with [accounts] mapped, if only with table and id',
            )


def _scale(value: str, word: str) -> tuple[str, str] | None:
    """The sign and the unit, such as ``*100``, in which a value of [ledger.insert] has a word; None if it is more."""
    found = _SCALED.fullmatch(value)
    return (found["sign"] or "", "".join((found["unit"] or "").split())) if found and found["word"] == word else None


def _steps_otherwise(samples: Samples, ledger: AppLedger, running: Column) -> Iterator[Check]:
    """A column by which the running balance steps from row to row, and that ours would have in another sign or unit."""
    own = _scale(ledger.values[running], "balance_after")
    for column, value in ledger.values.items():
        scale = _scale(value, "amount")
        if scale is None or own is None or scale == own:
            continue
        for row in _steps(samples, ledger, column, running):
            known = max(row.by_signed, row.by_amount if scale[1] != own[1] else 0)  # some ledgers have no signs
            if row.steps >= _STEPS_AT_LEAST and known >= row.steps * _MOST:
                yield failure(
                    f"{running.name} steps by {column.name} from row to row, and [ledger.insert] fills that with "
                    f"{value!r}: beside ours the two would not agree",
                    f"[ledger.insert] {column.quoted}: the amount as {running.quoted} has the balance, such as "
                    '"amount" beside "balance_after"',
                )


def _steps(samples: Samples, ledger: AppLedger, amount: Column, running: Column) -> Sequence[Row]:
    order = ledger.key if ledger.key and ledger.key.is_whole else ledger.moment
    if order is None or ledger.account is None:
        return []
    given = {"account_column": ledger.account, "amount_column": amount, "column": running, "key": order}
    return samples.ask_table(ledger.table, "sample_chain", **given)


def _is_chained(samples: Samples, ledger: AppLedger, column: Column) -> bool:
    rows = _steps(samples, ledger, ledger.amounts[0], column) if ledger.amounts else []
    # charges have a column of their own that is zero in a refund, and the balance steps by as much as was charged just
    # before
    return any(
        row.steps >= _STEPS_AT_LEAST and row.by_amount >= row.steps * _MOST and row.above_zero * 10 >= row.steps
        for row in rows
    )


def _no_room(samples: Samples) -> Iterator[Check]:
    """A unique index that leaves no room for the reversal of a refund."""
    index = find_full_key(samples.transaction, samples.mapping)
    if index is not None:
        yield warning(f"{full_key(samples.mapping, index)}: `sweeper revert` is refused", FULL_KEY_FIX)


def _missed(samples: Samples, ledger: AppLedger) -> Iterator[Check]:
    """Rows that look like refunds of sessions that would be paid."""
    own, amounts, account, name = samples.own, ledger.amounts, ledger.account, ledger.table.name.lower()
    if not amounts or name in samples.file_says("charged", "exclude"):  # that expression reads these rows already
        return
    words = samples.columns(ledger.table, lambda one: one.is_word)
    is_of_refunds = speaks_of_refund(ledger.table.name)
    given = {
        "amount_column": amounts[0], "account_column": account, "texts": words,
        "states": [one for one in words if is_of_refunds and STATE.search(one.name)],
        "qualifiers": of_these_sessions(samples, amounts[0]),
        "netted": name in own.amount.lower(), "not_made": NOT_MADE,
        "refund_words": REFUND_WORDS, "up_words": UP_WORDS, "down_words": DOWN_WORDS,
    }  # fmt: skip
    failed, settled = samples.failed, samples.settled_ids()
    rows = samples.read("find_missed_refunds", failed, **given)
    others = samples.read("find_missed_refunds", settled, **given) if rows else []
    sessions = sorted({row.session_id for row in rows})
    if sessions and not is_usual(len(rows), len(failed), len(others), len(settled)):
        # one that gives back a part may be something else, such as a correction
        sure = len(sessions) >= _ENOUGH or any(row.whole or re.search(REFUND_WORDS, row.words, re.I) for row in rows)
        yield (failure if sure else warning)(
            f"ledger.where = {ledger.section.where!r} misses rows that look like refunds, of {len(sessions)} "
            f"sessions that would be paid again, such as {named(sessions)} ({rows[0].words.strip()})",
            "ledger.where: true of every refund that settles a session; or sessions.amount less what they refunded",
        )


def _undone(samples: Samples, ledger: AppLedger) -> Iterator[Check]:
    """Sessions that would be paid although all their rows say that they were deleted: nothing is taken any more."""
    flags, amounts = ("boolean", *TIME_TYPES), ledger.amounts
    if samples.mapping.is_by_account:
        return
    named_so = samples.columns(ledger.table, lambda one: one.base_type in flags and UNDONE.search(one.name))
    qualifiers = of_these_sessions(samples, amounts[0], unsigned=True) if named_so and amounts else []
    groups = samples.list_owed(), samples.refunded_ids(), samples.settled_ids()
    for column in named_so:
        given = {"column": column, "flag": column.is_flag, "qualifiers": qualifiers}
        owed, refunded, settled = (samples.read("find_undone_charges", one, **given) for one in groups)
        if owed and not refunded and len(settled) * 10 <= len(groups[2]):
            sessions = [row.session_id for row in owed]
            yield warning(
                f"{len(sessions)} sessions that would be paid, such as {named(sessions)}, have only rows in "
                f"{ledger.table.name} whose {column.name} is set, as no session has that the app has refunded: was "
                "their charge undone?",
                f"sessions.amount and sessions.charged: without rows whose {column.name} is set",
            )


def _is_true(flag: Column, ledger: AppLedger, filled: Mapping[str, str]) -> bool:
    return flag not in ledger.values and filled[flag.name].strip().lower() == "true"


def _later(samples: Samples, ledger: AppLedger) -> Iterator[Check]:
    """A column that past rows have set and ours would not: a job of the app may add rows to the balance later."""
    own = samples.settings.accounts
    moves = own is not None and own.add != {} and (own.balance is not None or bool(own.add))
    if not moves:
        return
    empty = [one for one in ledger.table.columns.values()
             if ledger.values.get(one, "null").strip().lower() in ("null", "false")]  # fmt: skip
    candidates = [one for one in empty if is_mark(one) and not _PLANNED.search(one.name)]
    filled = samples.defaults(ledger.table) if candidates else {}
    # a time has its own default; a flag may be true by default, and is so in our rows where the file leaves it out
    same = [one for one in candidates if one.name in filled and (not one.is_flag or _is_true(one, ledger, filled))]
    candidates = samples.seen(ledger.table, [one for one in candidates if one not in same])
    rows, counts = samples.count_rows(ledger.table, candidates, where=samples.mapping.slots["ledger_where"])
    for column, count in counts.items():
        if rows and count >= rows / 2:
            said = (
                f"{column.name} is set on {count} of the {rows} newest refunds in the ledger, and not by "
                "[ledger.insert]"
            )
            if _LATER.search(column.name):
                yield failure(
                    f"{said}: something of the app's adds the rows to the balance later, so that it would move twice",
                    "leave [accounts] out, or give it an empty [accounts.add]",
                )
            else:
                yield warning(said, f"[ledger.insert] {column.quoted}, if the app's own refund code sets it")
