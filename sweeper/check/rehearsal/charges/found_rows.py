"""Whether the rows that the amount is read from took that much, or anything, and from the session's account."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sweeper.app.catalog import JSON_TYPES, Column, Table, has_subquery
from sweeper.check.rehearsal.accounts.unmapped_balances import amounts_of_balance
from sweeper.check.rehearsal.ledger.app_ledger import account_of_rows
from sweeper.check.rehearsal.past_refunds.compared_columns import STATE
from sweeper.check.rehearsal.samples import Samples, named, number
from sweeper.check.result import Check, failure, warning
from sweeper.postgres.transaction import Row

# l.job_id = s.id, s.id::text = l.meta ->> 'job' or s.id IN (l.job_id, …)
_THEIRS = r"""(?:\w+\s*\.\s*)?"?(\w+)"?(?:\s*->>\s*('[^']*'))?(?:\s*::\s*\w+)?"""
_OURS = r"""\bs\s*\.\s*"?(\w+)"?(?:\s*::\s*\w+)?"""
_LINKS = (re.compile(rf"{_THEIRS}\s*=\s*(?:{_OURS})"), re.compile(rf"{_OURS}\s*=\s*{_THEIRS}"))
_IN = re.compile(rf"{_OURS}\s+in\s*\(([^()]*)\)", re.IGNORECASE)
# states of a charge that was never made, and flags of one that was; a hold that is still pending has taken credits
_NOT_MADE = r"fail|error|abort|reject|declin|denied|void|invalid|cancel"
_PENDING = r"pending|initiated|unpaid|await|open"
_TAKEN = re.compile(r"(is_?)?(confirmed|captured|posted|applied|booked|succe(ss(ful)?|eded)|committed)", re.IGNORECASE)
_ENOUGH, _REFUNDED, _SIDES, _FEW, _ODD, _NEARLY_ALL = 3, 5, 2, 0.1, 0.05, 0.9


@dataclass(frozen=True)
class FoundRows:
    """The rows of a table whose column, or a key of JSON in it, the file compares with a column of the session's."""

    table: Table
    column: Column
    json_key: str
    own: Column


def check_found_rows(samples: Samples) -> Iterator[Check]:
    """The rows of the newest failed sessions that the amount finds by a column of theirs."""
    text = samples.own.amount
    if samples.mapping.is_by_account or not has_subquery(text):
        return
    read = [*tables_read(samples, text)]
    for one in read:
        numbers = amounts_of_balance(samples, one.table)
        states = [] if numbers else _states(samples, one.table)  # rows that come to the balances were all taken
        running = _read(samples, one, states, (), samples.running, _PENDING) if states else []
        # unless a charge is pending for as long as the work goes on
        is_made = len(running) >= _ENOUGH and not any(met for row in running for met in row.met)
        known = [*samples.failed, *samples.settled_ids()]
        rows = _read(samples, one, states, numbers, known, f"{_NOT_MADE}|{_PENDING}" if is_made else _NOT_MADE)
        found = [*_never_taken(samples, one, rows, states), *_of_others(samples, one, rows)]
        found = found or [*_of_neither(samples, one, rows)]
        if not found and len(read) == 1:  # else the amount may be what several have taken together
            found = [*_other_amounts(samples, one, rows, numbers)]
        if found:
            yield found[0]
            return


def tables_read(samples: Samples, text: str) -> Iterator[FoundRows]:
    """Without rows that several sessions may find, such as the prices of what they are about."""
    sessions, words = samples.sessions, set(re.findall(r"\w+", text.lower()))
    tables = [row.oid for row in samples.tables() if row.table_name.lower() in words and row.oid != sessions.oid]
    for table in map(samples.table, tables):
        for name, json_key, link in dict.fromkeys(_compared(text)):
            column, own = table.columns.get(name), sessions.columns.get(link)
            if column is None or own is None or bool(json_key) != (column.base_type in JSON_TYPES):
                continue
            if not samples.sees(table, [column]) or not samples.sees(sessions, [own]):
                continue
            if own.quoted == samples.mapping.slots["key"] or not samples.is_shared(link):
                yield FoundRows(table, column, json_key, own)


def _compared(text: str) -> Iterator[tuple[str, str, str]]:
    """Names of columns in the text, with a key of JSON, that are compared with a column of the session's."""
    for match in _LINKS[0].finditer(text):
        yield match[1], match[2] or "", match[3]
    for match in _LINKS[1].finditer(text):
        yield match[2], match[3] or "", match[1]
    for match in _IN.finditer(text):
        for each in re.finditer(_THEIRS, match[2]):
            yield each[1], each[2] or "", match[1]


def _states(samples: Samples, table: Table) -> list[Column]:
    """The columns that may say that nothing was taken."""

    def fits(one: Column) -> object:
        return (one.is_word and STATE.search(one.name)) or (one.is_flag and _TAKEN.fullmatch(one.name))

    return samples.columns(table, fits, noted=False)


def _read(
    samples: Samples, one: FoundRows, states: Sequence[Column], numbers: Sequence[Column],
    session_ids: Sequence[str], not_made: str,
) -> list[Row]:  # fmt: skip
    """What the rows of these sessions say; ``not_made`` are words for a charge that took nothing."""
    links = _links(samples, one.table)
    return samples.try_read(
        "read_found_rows", session_ids, table=one.table, column=one.column, link=one.own, sides=links,
        json_key=one.json_key, key_type="text" if one.json_key else one.column.full_type,
        key_eq="OPERATOR(pg_catalog.=)" if one.json_key else samples.equal(one.column),
        account_column=account_of_rows(samples, one.table), numbers=numbers, not_made=not_made,
        states=[{"column": each.quoted, "flag": "yes" if each.is_flag else ""} for each in states],
    )  # fmt: skip


def _never_taken(samples: Samples, one: FoundRows, rows: Sequence[Row], states: Sequence[Column]) -> Iterator[Check]:
    """Some that would be paid have only rows of charges that were never made, as no others have."""
    owed, refunded, settled = samples.list_owed(), samples.refunded_ids(), samples.settled_ids()
    for place, column in enumerate(states):
        met = {row.session_id for row in rows if row.met[place]}
        made = {row.session_id for row in rows} - met
        without = [session_id for session_id in owed if session_id in met]
        few = len(met.intersection(settled)) <= len(settled) * _FEW
        known = len(made.intersection(refunded)) >= _REFUNDED and not met.intersection(refunded)
        if len(without) >= _ENOUGH and made.intersection(owed) and few and known:
            yield failure(
                f"sessions.amount reads rows of {one.table.name} whose {column.name} says that they took nothing: "
                f"{len(without)} sessions that would be paid, such as {named(without)}, have no other, as none has "
                "that the app has refunded",
                f"sessions.amount: without rows whose {column.name} says so",
            )
            return


def _of_others(samples: Samples, one: FoundRows, rows: Sequence[Row]) -> Iterator[Check]:
    """Rows of some sessions that name another account than most do, which is that of the file."""
    account, owed = account_of_rows(samples, one.table), set(samples.list_owed())
    rows = [row for row in rows if row.session_id in owed and row.named is not None and row.account is not None]
    wrong = [row for row in rows if not row.same]
    if account is not None and len(wrong) >= _ENOUGH and len(wrong) * 2 < len(rows):
        sample, payer = wrong[0], samples.own.account
        yield warning(
            f"sessions.account = {payer!r} is another account than {account.name} of {one.table.name}, which "
            f"sessions.amount reads, for {len(wrong)} of {len(rows)} sessions, such as {sample.session_id}: "
            f"{sample.account} instead of {sample.named}",
            "sessions.account: who was charged",
        )


def _links(samples: Samples, table: Table) -> list[Column]:
    """The columns for accounts of rows that move credits from one to another."""
    links = [row.column_name for row in samples.references(of=table, to=samples.accounts)] if samples.accounts else []
    links = [] if account_of_rows(samples, table) else links
    return samples.seen(table, [table.columns[name] for name in links], noted=False) if len(links) == _SIDES else []


def _of_neither(samples: Samples, one: FoundRows, rows: Sequence[Row]) -> Iterator[Check]:
    """Rows with two accounts, of which some sessions have neither, or all have the one that is always the same."""
    owed, payer = set(samples.list_owed()), samples.own.account
    rows = [row for row in rows if row.account is not None and len([*filter(None, row.sides)]) == _SIDES]
    names = [column.name for column in _links(samples, one.table)]
    wrong = [row for row in rows if row.account not in row.sides]
    if len(wrong) >= _ENOUGH and owed.intersection(row.session_id for row in wrong):
        sample = wrong[0]
        yield failure(
            f"sessions.account = {payer!r} is neither {' nor '.join(names)} of {one.table.name}, which "
            f"sessions.amount reads, for {len(wrong)} of {len(rows)} sessions, such as {sample.session_id}: "
            f"{sample.account} instead of {' or '.join(sample.sides)}",
            "sessions.account: who was charged",
        )
    ours = {row.account for row in rows}  # also of those that are not owed: one account may have all that are
    rows = [row for row in rows if row.session_id in owed]
    others = {side for row in rows for side in row.sides} - ours
    is_column = samples.sessions.column(payer) is not None  # whose sessions may all have one customer
    if not wrong and not is_column and len(ours) == 1 and len(others) >= _ENOUGH:
        sample = rows[0]
        yield failure(
            f"sessions.account = {payer!r} is {sample.account} for all {len(rows)} sessions that would be paid, such "
            f"as {sample.session_id}, and {' and '.join(names)} of {one.table.name}, which sessions.amount reads, name "
            f"{len(others)} others: that is where the charges went",
            "sessions.account: who was charged",
        )


def _other_amounts(samples: Samples, one: FoundRows, rows: Sequence[Row], numbers: Sequence[Column]) -> Iterator[Check]:
    """Rows that come to the balances of all accounts, and that took less than the amount, or gave where it takes."""
    unpaid = [each for each in samples.read_failed() if each.unpaid and not each.never and each.amount.is_finite()]
    amounts, text = {each.session_id: each.amount for each in unpaid}, samples.own.amount
    for place, column in enumerate(numbers):
        taken = {row.session_id: -Decimal(row.sums[place] or 0) for row in rows if row.session_id in amounts}
        taken = {session_id: amount for session_id, amount in taken.items() if amount > 0}
        above = [session_id for session_id, amount in taken.items() if amounts[session_id] > amount]
        opposite = [session_id for session_id, amount in taken.items() if amounts[session_id] == -amount]
        often = len(above) >= max(_ENOUGH, len(taken) * _ODD)
        if often or len(opposite) >= max(_ENOUGH, len(taken) * _NEARLY_ALL):
            wrong = above if often else opposite
            yield (failure if often else warning)(
                f"sessions.amount = {text!r} is not what {column.name} in the rows of {one.table.name} says was taken, "
                f"for {len(wrong)} of {len(taken)} sessions, such as {wrong[0]}: {number(amounts[wrong[0]])} instead "
                f"of {number(taken[wrong[0]])}; the balances are what {column.name} comes to",
                f"sessions.amount: what {column.name} says, less what was delivered or given back",
            )
            return
