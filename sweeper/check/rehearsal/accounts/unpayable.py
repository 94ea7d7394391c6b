"""Whether most sessions that are owed by the file would be put on hold because of the file itself.

What is on hold is not paid, so this is a warning. But where the file maps the wrong accounts, some of them may by
chance have the id of one that is meant.
"""

from collections.abc import Iterator, Sequence

from sweeper.app.catalog import has_subquery, words_in
from sweeper.check.rehearsal.samples import Samples, named
from sweeper.check.result import Check, failure, warning
from sweeper.postgres.errors import TooSlow
from sweeper.postgres.transaction import Row

_ENOUGH, _LOOKED_AT = 3, 200
_KEY_TYPES = ("text", "character varying", "character", "bpchar", "uuid", "smallint", "integer", "bigint")


def check_unpayable(samples: Samples) -> Iterator[Check]:
    """Sessions whose account cannot be paid: a few may be odd rows, but most of them mean a wrong file."""
    if samples.mapping.is_by_account:
        return  # Citus allows no subquery of a row without a table of its own
    session_ids = samples.live(_LOOKED_AT)
    rows = samples.read("find_unpayable", session_ids)
    own, key = samples.own, samples.sessions.column(samples.own.id)
    # else they may agree by chance
    reads_id = key is not None and key.name in words_in(own.account) and not has_subquery(own.account)
    if reads_id and len(rows) >= _ENOUGH and all(row.account_id == row.session_id for row in rows):
        yield failure(
            f"sessions.account = {own.account!r} is the session's own id, for all {len(rows)} sessions looked "
            f"at, such as {named(session_ids)}: a refund would go to whoever has that id",
            "sessions.account: who was charged",
        )
        return
    for why, said in (
        ("no_account", _no_account),
        ("account_inactive", _inactive),
        ("amount_rounded", _rounded),
        ("balance_mismatch", _mismatch),
    ):
        held = [row for row in rows if row.why == why]
        if len(held) < _ENOUGH or len(held) * 2 <= len(rows):
            continue
        if why != "account_inactive" or held[0].none_active or _are_others_inactive(samples):
            yield said(samples, held, len(rows))


def _are_others_inactive(samples: Samples) -> bool:
    """Whether each account whose sessions succeeded is not active either: among these, closed ones are few."""
    rows = samples.read("find_unpayable", samples.settled_ids()[:_LOOKED_AT])
    inactive = {row.account_id for row in rows if row.why == "account_inactive"}
    return len(inactive) >= _ENOUGH and inactive == {row.account_id for row in rows}


def _no_account(samples: Samples, held: Sequence[Row], known: int) -> Check:
    own = samples.settings
    nameless = [row for row in held if row.account_id is None]
    if len(nameless) * 2 > len(held) or own.accounts is None:
        return warning(
            f"sessions.account = {own.sessions.account!r} is null for {len(nameless)} of {known} sessions that are not "
            f"refunded, such as {named([row.session_id for row in nameless])}: nobody could be paid",
            "sessions.account: who was charged",
        )
    held = [row for row in held if row.account_id is not None]
    better = _column_with(samples, [row.account_id for row in held])
    return failure(
        f"accounts.id = {own.accounts.id!r} of {own.accounts.table} is not what sessions.account = "
        f"{own.sessions.account!r} gives for {len(held)} of {known} sessions that are not refunded, such as "
        f"{held[0].session_id}: nobody has {held[0].account_id}",
        f'accounts.id = "{better}", which has them'
        if better
        else "accounts.id, or sessions.account: one of them is the wrong column",
    )


def _column_with(samples: Samples, values: Sequence[str]) -> str | None:
    """Another column of the accounts that has the values which these sessions have as their account."""
    own, table = samples.settings.accounts, samples.accounts
    assert own is not None and table is not None  # noqa: S101, PT018 - who has been asked for has accounts
    for column in samples.readable(table):
        if column.base_type in _KEY_TYPES and column != table.column(own.id):
            try:
                with samples.transaction.savepoint():
                    if samples.ask("has_account", column=column, values=list(values)):
                        return column.name
            except TooSlow:
                return None
    return None


def _inactive(samples: Samples, held: Sequence[Row], known: int) -> Check:
    own = samples.settings.accounts
    assert own is not None  # noqa: S101 - who has no accounts has no closed ones
    said, fix = (
        (f"accounts.balance = {own.balance!r} is null for all", "accounts.balance: the column that has the credits")
        if own.active is None
        else (
            f"accounts.active = {own.active!r} is true of none{'' if held[0].none_active else ' with successes'}",
            "accounts.active: what is true of each account that may be paid",
        )
    )
    return warning(
        f"{said} of the accounts looked at, also of {len(held)} of {known} sessions that are not refunded, such as "
        f"{held[0].session_id}, of {held[0].account_id}: a run would put them on hold",
        fix,
    )


def _rounded(samples: Samples, held: Sequence[Row], known: int) -> Check:
    return warning(
        f"sessions.amount = {samples.own.amount!r} has digits that a column which takes it cannot keep, "
        f"for {len(held)} of {known} sessions that are not refunded, such as {held[0].session_id}: {held[0].amount}",
        "sessions.amount: in the unit of the balance, rounded as the app does",
    )


def _mismatch(samples: Samples, held: Sequence[Row], known: int) -> Check:
    own = samples.settings.accounts
    assert own is not None  # noqa: S101 - only shares can differ
    table = samples.accounts
    column = table.column(own.balance or "") if table else None
    is_left_out = bool(own.add and column) and column not in {table.column(text) for text in own.add or () if table}
    return warning(
        f"what [accounts.add] gives would not make accounts.balance = {own.balance!r} grow by sessions.amount, for "
        f"{len(held)} of {known} sessions that are not refunded, such as {named([row.session_id for row in held])}: a "
        "run would put them on hold",
        f'[accounts.add] {own.balance} = "amount": without this line, a section with other columns leaves it as it is'
        if is_left_out
        else "[accounts.add]: the share of each column that a charge is taken from, which together are sessions.amount",
    )
