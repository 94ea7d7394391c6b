"""Whether the refunds in the app's ledger are about the mapped sessions, and those of the file are all of them."""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from sweeper.app.catalog import JSON_TYPES, Column
from sweeper.check.rehearsal.ledger.app_ledger import AppLedger, amounts_taken, app_ledger
from sweeper.check.rehearsal.marks.refund_texts import SPOKEN_AT_MOST, find_in_texts
from sweeper.check.rehearsal.past_refunds.compared_columns import STATE
from sweeper.check.rehearsal.reading import ROWS_UNANSWERED
from sweeper.check.rehearsal.samples import Samples, named
from sweeper.check.rehearsal.words import GIVEN_BACK, WRITER
from sweeper.check.result import Check, failure, warning
from sweeper.postgres.errors import Refusal, TooSlow
from sweeper.postgres.templates import Slots, fill_expression, quote_text
from sweeper.postgres.transaction import Row

# states of rows in the ledger whose credits nobody got
NOT_MADE = "fail|error|void|expire|cancel|duplicate|invalid"
_ENOUGH, _SOME, _MOST, _FEW, _NEARLY = 5, 3, 0.8, 0.1, 0.3
_LITERAL = re.compile(r"\s*'([^']*)'(?:::.*)?\s*")


def check_session_fails(samples: Samples, ledger: AppLedger) -> Iterator[Check]:
    """An expression for the session that works for refunds only, and fails for other rows of the ledger."""
    own = ledger.section
    if sessions_fail(samples):
        yield warning(
            f"ledger.session = {own.session!r} fails for rows that ledger.where is not true of: what they say of "
            "charges and of missed refunds is not compared",
            f'ledger.session = "CASE WHEN {own.where} THEN {own.session} END"',
        )


def check_named_in_texts(samples: Samples, ledger: AppLedger) -> Iterator[Check]:
    """Sessions that would be paid although a text in rows that look like refunds names them."""
    own, sessions, name = ledger.section, samples.own, ledger.table.name.lower()
    if name in samples.file_says("charged", "exclude") or samples.mapping.is_by_account:
        return
    if own.attempt:  # rows of an earlier one name the session, too
        return
    owed = samples.list_owed()[:SPOKEN_AT_MOST]
    rows = find_in_texts(samples, ledger.table, owed)
    named_there = sorted({row.session_id for row in rows})
    if name in sessions.amount.lower():  # it may subtract them
        named_there = _given_back_whole(samples, rows)
    if len(named_there) >= _SOME and not _names_as_many_settled(samples, ledger, len(named_there) / len(owed)):
        yield failure(
            f"ledger.where = {own.where!r} and ledger.session = {own.session!r} miss rows that look like refunds and "
            f"name, in a text, {len(named_there)} sessions that would be paid again, such as {named(named_there)}",
            "ledger.where and ledger.session: how the rows of the app's own refunds say which session they are of",
        )


def check_named_in_json(samples: Samples, ledger: AppLedger) -> Iterator[Check]:
    """Sessions that would be paid although rows of refunds name them under another key of JSON."""
    own, key, amounts, account = ledger.section, ledger.key, ledger.amounts, ledger.account
    if not amounts or account is None or samples.mapping.is_by_account:
        return
    with_json = samples.columns(ledger.table, lambda one: one.base_type in JSON_TYPES)
    said = samples.columns(ledger.table, lambda one: one.is_word)
    if key is None or not said or not samples.sees(ledger.table, [key]):
        return
    given = {
        "key": key, "amount_column": amounts[0], "account_column": account, "texts": said,
        "states": [one for one in said if STATE.search(one.name)], "refund_words": GIVEN_BACK, "not_made": NOT_MADE,
    }  # fmt: skip
    session_ids = [*samples.failed, *samples.settled_ids()]
    for column in with_json:
        rows = samples.try_read("find_refund_keys", session_ids, column=column, **given)
        row = next((row for row in rows if len(row.sessions) >= _SOME), None)
        if row is not None:
            yield failure(
                f"ledger.where = {own.where!r} leaves out rows that look like refunds of {len(row.sessions)} sessions "
                f"that would be paid again, such as {named(row.sessions)}: they name them in {column.name} under "
                f"{row.name!r}, with the account and the whole amount",
                "ledger.where and ledger.session: also rows of that key, as coalesce of both",
            )
            return


def _names_as_many_settled(samples: Samples, ledger: AppLedger, part: float) -> bool:
    """Whether such rows name sessions that succeeded nearly as often: then the numbers are those of something else."""
    settled = samples.settled_ids()[:SPOKEN_AT_MOST]
    found = {row.session_id for row in find_in_texts(samples, ledger.table, settled)} if settled else set()
    return len(found) >= _SOME and len(found) > len(settled) * part * _NEARLY


def _given_back_whole(samples: Samples, rows: Sequence[Row]) -> list[str]:
    """The sessions of which a row gives back all that was taken, and the file would pay it all the same."""
    taken = amounts_taken(samples)
    moved = ((row.session_id, Decimal(text)) for row in rows for text in row.amounts if text is not None)
    named_with_all = {row.session_id for row in rows if row.exact}
    return sorted(named_with_all | {one for one, amount in moved if taken.get(one) == amount})


def sessions_fail(samples: Samples) -> bool:
    """Whether `ledger.session` fails for some row."""
    ledger = app_ledger(samples)
    if ledger is None or ledger.key is None or ledger.table.column(ledger.section.session) is not None:
        return False
    try:
        samples.try_ask("try_sessions", (TooSlow,), key=ledger.key)
    except Refusal:
        return True
    return False


def check_linked(samples: Samples, ledger: AppLedger) -> Iterator[Check]:
    """The newest refund rows of the ledger, where none of them names a session by its id."""
    own = ledger.section
    if samples.mapping.is_by_account:
        return
    rows = samples.ask_table(ledger.table, "find_linked", ROWS_UNANSWERED)
    if (row := next(iter(rows), None)) and row.rows >= _ENOUGH and not row.linked:
        yield failure(
            f"none of the {row.rows} newest rows of {ledger.table.name} that are refunds is about a session of "
            f"{samples.sessions.name}: ledger.session = {own.session!r} is {row.sample} in one, and no session "
            f"has that as sessions.id = {samples.own.id!r}",
            "sessions.id, or ledger.session: what the app links a refund to its session by",
        )


def check_spellings(samples: Samples, ledger: AppLedger) -> Iterator[Check]:
    """Sessions that would be paid although a refund names them in capitals, or with spaces around the id."""
    key, own = ledger.key, ledger.section
    if key is None or samples.mapping.is_by_account or not samples.sees(ledger.table, [key]):
        return
    rows = samples.try_read("find_other_spellings", samples.failed, key=key)
    if len(rows) >= _SOME:
        yield failure(
            f"ledger.session = {own.session!r} has another spelling of the ids of {len(rows)} sessions that would be "
            f"paid again, such as {rows[0].spelling!r} for {rows[0].session_id}",
            "ledger.session: the same spelling for all rows, such as lower(trim(…))",
        )


def check_row_kinds(samples: Samples, ledger: AppLedger) -> Iterator[Check]:
    """Rows of the whole amount that only failed sessions have, while ``where`` is true of none of their rows.

    Sessions that succeeded have charges, too, but no refunds.
    """
    own, sessions = ledger.section, samples.own
    amounts, name = ledger.amounts, ledger.table.name.lower()
    if own.past is not None or not amounts or name in (sessions.exclude or "").lower():
        return
    session_ids, settled = samples.failed, samples.settled_ids()
    if len(settled) < _SOME or not samples.sees_none(session_ids):
        return
    reads = name in sessions.amount.lower()  # and may subtract such rows
    owed = [*amounts_taken(samples)] if reads else samples.list_owed()
    telling = samples.columns(ledger.table, lambda one: one not in amounts and _tells(one, own.where))
    for column in telling:
        failed = read_kinds(samples, column, amounts[0], session_ids)
        others = {row.kind: row.sessions for row in read_kinds(samples, column, amounts[0], settled)}
        # or charges are booked elsewhere
        charged = any(row.sessions >= _SOME and others.get(row.kind, 0) >= _SOME for row in failed)
        often = {kind for kind, sessions in others.items() if sessions > len(settled) * _FEW}
        if reads and not owed:
            kinds = [{"column": column.quoted, "text": quote_text(kind)} for kind in often]
            usual: list[Slots] = [{"qualifier": fill_expression("of_kind", slots)} for slots in kinds]
            owed = [*amounts_taken(samples, usual)] if len(usual) == 1 else []
        for row in read_kinds(samples, column, amounts[0], owed) if charged or not often else ():
            whole = row.whole >= max(_SOME, row.sessions * _MOST)
            if whole and row.kind not in often:
                few = others.get(row.kind)  # such as that of canceled work
                yield failure(
                    f"ledger.where = {own.where!r} is true of no row of the newest failed sessions, and {row.sessions} "
                    f"of them, such as {named(row.samples)}, have a row of their whole amount with {column.name} "
                    f"{row.kind}, as {f'only {few}' if few else 'no session'} that succeeded has: those look like "
                    "refunds, and would be paid again",
                    f"ledger.where, and [ledger.insert] {column.quoted}: what the app's own refunds have there",
                )
                return


def rows_of_excluded(samples: Samples, ledger: AppLedger) -> Check | None:
    """Rows of sessions that the file shows as refunded, while ``where`` is true of none: of a kind of their own.

    Or of a kind that ours would not have, where ``charged`` reads those rows: the refunds are among them.
    """
    own, sessions, amounts = ledger.section, samples.own, ledger.amounts
    name = ledger.table.name.lower()
    if not amounts or name in (sessions.exclude or "").lower():
        return None
    failed = samples.read_failed()
    excluded = [row.session_id for row in failed if row.excluded or (row.given_back and row.is_owed)]
    others = [*samples.list_owed(), *samples.settled_ids()]
    others = [one for one in others if one not in excluded]
    is_booked = name in (sessions.charged or "").lower() and not any(row.excluded for row in failed)
    telling = [one for one in ledger.table.columns.values() if one not in amounts and _tells(one, own.where)]
    for column in samples.seen(ledger.table, telling) if len(excluded) >= _SOME and others else ():
        known = {row.kind for row in read_kinds(samples, column, amounts[0], others)}
        theirs = read_kinds(samples, column, amounts[0], excluded)
        ours = _LITERAL.fullmatch(ledger.values.get(column, ""))
        if any(row.is_refund for row in theirs) or any(ours and row.kind == ours[1] for row in theirs):
            continue  # such as those of a sweep
        for row in theirs:
            alone = is_booked and ours and len(theirs) == 1 and not WRITER.search(column.name)
            if row.sessions >= max(_SOME, len(excluded) * _MOST) and (alone or row.kind not in known):
                which = "exclude is true of" if sessions.exclude else "have nothing left of their charge"
                how = "and no row of them has what ours would have" if alone else "as no other session has"
                return warning(
                    f"{row.sessions} of the newest sessions that {which}, such as {named(row.samples)}, have a row "
                    f"with {column.name} {row.kind}, {how}: those look like the app's own refunds, and "
                    f"ledger.where = {own.where!r} is true of none",
                    "ledger.where, and [ledger.insert]: as the app's own refunds are; or [ledger.past], if ours are to "
                    "be of another kind",
                )
    return None


def _tells(column: Column, where: str) -> bool:
    """Whether ``where`` reads a column with the kind of a row."""
    named_there = re.search(rf'(?<!\w)"?{re.escape(column.name)}"?(?!\w)', where, re.IGNORECASE)
    return bool(named_there) and (column.is_whole or column.is_word)


def read_kinds(samples: Samples, column: Column, amount: Column, session_ids: Sequence[str]) -> Sequence[Row]:
    """The values of a column in the ledger's rows of some sessions; none where it cannot be read quickly."""
    return samples.try_read("list_row_kinds", session_ids, column=column, amount_column=amount)
