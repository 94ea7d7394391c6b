"""What the statements need to know about an account: how it is found, its balance, and what changes in its row."""

from collections.abc import Iterator, Sequence

from sweeper.app import catalog
from sweeper.app.catalog import Column, Table, problem
from sweeper.app.distribution import named_zone
from sweeper.app.expression import Expression, as_number, check_type
from sweeper.app.over_refund import OverRefund
from sweeper.app.reader import Reader
from sweeper.app.slots.facts import Facts
from sweeper.app.slots.shares import move, number_of, read_shares, rounded, share_facts
from sweeper.config.model import AccountsSection, Settings
from sweeper.core.decimals import FLOATING_TOLERANCE
from sweeper.postgres.templates import Choices, Slots, fill_part

# the balance as SQL, and its column, unless it is an expression
_Balance = tuple[Expression | None, Column | None]
_NO_ACCOUNTS = {"balance_rounds": "false", "balance_type": "numeric", "spent_type": "numeric", "tolerance": "0"}
# the statements' conditions where the file has no account to move
_NOTHING_MOVES: Choices = {
    **dict.fromkeys(("moves", "shares", "pools", "account_columns", "invariant_columns", "read_back"), ()),
    **dict.fromkeys(("active", "has_balance", "reads_back", "serialized", "compares_shares"), False),
}


def account_slots(reader: Reader, settings: Settings, sessions: Table, slots: Slots) -> Facts:
    """How the account of a session is found, and which of its columns change.

    Raises:
        ConfigurationError: a column is not there, is not unique, or cannot be written; the account of a session cannot
            be compared with the accounts' ids; it is not said what a refund adds to a balance that is an expression.
    """
    own, text = settings.accounts, settings.sessions.account
    payer = reader.expression("sessions.account", text, sessions)
    if own is None:
        found = {
            "account_as": payer.compared_as(payer),
            "account_collate": payer.collation,
            "account_eq": reader.equality("sessions.account", text, payer.type).equal,
        }
        return Facts({**_NO_ACCOUNTS, **found}, {**_NOTHING_MOVES, "account_folds": payer.takes_for_equal})
    accounts = reader.table("accounts.table", own.table)
    key = reader.unique_column("accounts.id", own.id, accounts)
    key_value = Expression(f"a.{key.quoted}", key.base_type, key, key.collation)
    account_as, account = payer.compared_as(key_value), _account_value(payer, key_value, text, own.id)
    typed = fill_part("typed", {"value": account, "cast": account_as})
    reader.castable("sessions.account", text, typed, sessions.qualified, "s")
    equality = reader.equality("accounts.id", own.id, key.base_type)
    facts = Facts(
        {
            "accounts": accounts.qualified,
            "accounts_id": f"a.{key.quoted}",
            "accounts_key": key.quoted,
            "account_type": key.base_type,
            "account": account,
            "account_as": account_as,
            "account_collate": key.collation,
            "account_eq": equality.equal,
            "account_gt": equality.greater,
            "account_condition": _condition(reader, own, "invariant", accounts) or "true",
        },
        {"serialized": own.serialized, "account_folds": key_value.takes_for_equal},
    )
    balance = _balance(reader, own, accounts)
    facts |= _balance_slots(reader, own, accounts, slots, balance)
    active, may_lack = _condition(reader, own, "active", accounts), _may_lack_balance(own, accounts)
    payable = {"active": active or "true", "balance": facts.slots["balance"]}
    payable = {"account_active": fill_part("account_payable", payable, {"may_lack_balance": may_lack})}
    facts |= Facts(payable, {"active": may_lack or own.active is not None})
    over = OverRefund(reader, {**slots, **facts.slots}, {"s": sessions, "a": accounts})
    shares = read_shares(over, own.add or {}, accounts)
    moves = [*_moves(reader, own, accounts, balance, settings.sessions.timezone)]
    moves += [move(share.column, value=share.name) for share in shares]
    if not moves and own.serialized:
        # so that a writer of the app with an older snapshot fails, and does not overwrite our change
        moves = [move(key, kept=True)]
    read = {"moves": moves, "invariant_columns": _invariant_columns(own, accounts, moves)}
    return facts | share_facts(shares, own, accounts) | Facts({}, read)


def _account_value(payer: Expression, key: Expression, text: str, accounts_id: str) -> str:
    if not payer.may_be_rounded(key):
        payer.require_kept("sessions.account", text, key, f"accounts.id = {accounts_id!r}")
        return payer.sql
    # an id with a fraction belongs to no account, and rounding would find one
    floating = payer.type in catalog.FLOATING_TYPES
    slots = {
        "value": payer.sql,
        "exact_type": "double precision" if floating else payer.type,
        "largest": str(catalog.LARGEST_EXACT[payer.type]) if floating else "",
    }
    return fill_part("whole_number", slots, {"floating": floating})


def _invariant_columns(own: AccountsSection, accounts: Table, moves: Sequence[Slots]) -> list[Slots]:
    """The columns that ``accounts.invariant`` reads, by their names, with what a refund adds to each."""
    words = catalog.words_in(own.invariant or "")
    by_column = {item["column"]: item for item in moves}
    found: list[Slots] = []
    for column in (one for name, one in accounts.columns.items() if name in words):
        item = by_column.get(column.quoted, {"value": "", "minus": ""})
        adds_amount = item["value"] == "amount"
        found.append(
            {
                "column": column.quoted,
                "column_type": column.full_type,
                "share": "" if adds_amount else item["value"],
                "plus": "yes" if adds_amount and not item["minus"] else "",
                "minus": item["minus"],
            }
        )
    return found


def _condition(reader: Reader, own: AccountsSection, name: str, accounts: Table) -> str | None:
    text = getattr(own, name)
    if text is None:
        return None
    if name == "active":
        _require_locked(own, "accounts.active", text)
    return reader.condition(f"accounts.{name}", text, accounts, "a")


def _may_lack_balance(own: AccountsSection, accounts: Table) -> bool:
    """Whether the balance may be null, as that of an account without a limit: a refund cannot make it grow."""
    text = own.balance or ""
    if catalog.has_subquery(text):
        return False
    column = accounts.column(text)
    names = {column.name} if column else catalog.words_in(text) & accounts.columns.keys()
    return any(accounts.columns[name].nullable for name in names)


def _require_locked(own: AccountsSection, key: str, text: str) -> None:
    """Refuse an expression that reads anything but the account's row, because only that is locked."""
    if not own.serialized and catalog.has_subquery(text):
        raise problem(
            key,
            text,
            "reads more than the account's row, which is all that is locked. Where every writer of the app locks that "
            "row first (FOR NO KEY UPDATE or stronger), say so: serialized = true",
        )


def _balance_slots(reader: Reader, own: AccountsSection, accounts: Table, slots: Slots, balance: _Balance) -> Facts:
    expression, column = balance
    spent = reader.written_column("accounts.spent", own.spent, accounts) if own.spent else None
    takes_amount = {"balance": column if own.add is None else None, "spent": spent}
    taking = {name: one for name, one in takes_amount.items() if one}
    for name, one in taking.items():
        check_type(f"accounts.{name}", one.name, Expression("", one.base_type), (*catalog.NUMBER_TYPES, catalog.MONEY))
    amounts = rounded("v.amount", slots["amount_type"], taking.values())
    read_back = [_read_back(one, sign="-" if one is spent else "+") for one in taking.values()]
    return Facts(
        {
            "balance_type": expression.type if expression else "numeric",
            "tolerance": str(0 if not expression or expression.type in catalog.EXACT_TYPES else FLOATING_TOLERANCE),
            "balance": expression.sql if expression else "NULL",
            "spent_type": number_of(spent).type if spent else "numeric",
            "spent": number_of(spent).sql if spent else "NULL",
            "balance_rounds": fill_part("rounds", {}, {"amounts": [item for item in amounts if item["column_type"]]}),
        },
        {
            "has_balance": expression is not None,
            # an expression may read all rows of the account, for each of its sessions; and Citus allows no subquery of
            # a row without a table of its own
            "reads_back": "balance" in taking and accounts.distributed_by is None,
            "read_back": read_back,
        },
    )


def _read_back(column: Column, *, sign: str) -> Slots:
    """A column that a batch reads before and after, and the sign with which the amount is added to it."""
    number = number_of(column)
    return {
        "value": number.sql,
        "column_type": column.full_type,
        "money": "yes" if column.base_type == catalog.MONEY else "",
        "floating": "yes" if column.base_type in catalog.FLOATING_TYPES else "",
        "sign": sign,
        "nullable": "yes" if sign == "-" else "",
        "tolerance": str(0 if number.type in catalog.EXACT_TYPES else FLOATING_TOLERANCE),
    }


def _moves(reader: Reader, own: AccountsSection, accounts: Table, balance: _Balance, timezone: str) -> Iterator[Slots]:
    """The columns that change besides those of ``[accounts.add]``."""
    column = balance[1]
    if column and own.add is None:
        yield move(column, value="amount")
    if own.spent:
        yield move(reader.written_column("accounts.spent", own.spent, accounts), value="amount", minus=True)
    if own.updated_at:
        touched = reader.written_column("accounts.updated_at", own.updated_at, accounts)
        check_type("accounts.updated_at", touched.name, Expression("", touched.base_type), catalog.TIME_TYPES)
        yield move(touched, moment=True, zone=named_zone(accounts, touched.base_type, timezone))


def _balance(reader: Reader, own: AccountsSection, accounts: Table) -> _Balance:
    """The balance as SQL, and the column for the amount, if there is one."""
    if own.balance is None:
        if own.add or own.spent:
            raise problem("accounts.balance", "", "is missing: what must grow by the amount that is given back")
        return None, None
    column = accounts.column(own.balance)
    if column is None or own.add is not None:
        _require_locked(own, "accounts.balance", own.balance)
    if column is None and own.add is None:
        expression = reader.expression("accounts.balance", own.balance, accounts, "a")
        raise problem(
            "accounts.balance",
            own.balance,
            f"is an expression ({expression.type}): say in [accounts.add] what each column takes of a refund; empty "
            "where a trigger or a function of the app moves it",
        )
    if own.add is None:
        column = reader.written_column("accounts.balance", own.balance, accounts)
        return number_of(column), column
    expression = as_number(reader.expression("accounts.balance", own.balance, accounts, "a"))
    check_type("accounts.balance", own.balance, expression, catalog.NUMBER_TYPES)
    return expression, None
