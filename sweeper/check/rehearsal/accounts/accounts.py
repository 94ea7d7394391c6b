"""Rows of the accounts that contradict ``[accounts]``: other balances, closed accounts, the wrong table."""

import re
from collections.abc import Callable, Iterator

from sweeper.app.catalog import TIME_TYPES, Column, Table
from sweeper.check.rehearsal.accounts.account_links import (
    check_named_accounts,
    check_payers,
    check_periods,
    wrong_table,
)
from sweeper.check.rehearsal.accounts.app_accounts import AppAccounts, app_accounts
from sweeper.check.rehearsal.accounts.balance_moves import are_balances_explained
from sweeper.check.rehearsal.accounts.counters import (
    check_below_zero,
    check_held,
    counted_ever,
    uncounted,
)
from sweeper.check.rehearsal.accounts.invariants import check_broken, check_spent
from sweeper.check.rehearsal.accounts.other_numbers import is_report
from sweeper.check.rehearsal.accounts.pools import check_pools, why_limit, why_total
from sweeper.check.rehearsal.accounts.sums import (
    check_counters,
    check_sums,
    check_versions,
    gross_counters,
    is_sum_of_ledger,
)
from sweeper.check.rehearsal.accounts.unmapped_balances import check_booked, check_other_sums
from sweeper.check.rehearsal.accounts.unpayable import check_unpayable
from sweeper.check.rehearsal.samples import Samples, named
from sweeper.check.rehearsal.words import is_in_unit
from sweeper.check.result import Check, failure, joined, ok, warning
from sweeper.config.model import AccountsSection
from sweeper.postgres.templates import fill_expression, quote_text

_BALANCE = re.compile(
    r"credit|balance|point|coin|token|quota|allowance|limit|used|spen[dt]|held|reserv|pool|milli|fund|wallet|minute|bonus"
    r"|gift|free|paid|trial|units|left|remain|bought|purchas|avail|cents|usage|consum", re.IGNORECASE,
)  # fmt: skip
_COUNTER = re.compile(r"(?<!un)(?<!not_)(used|usage|spen[dt]|consum)|total|lifetime", re.IGNORECASE)
# a counter of what was ever used, which no month sets back
_EVER_SPENT = re.compile(r"(?=.*(total|lifetime|ever_|all_?time))(?=.*(used|usage|spen[dt]|consum))", re.IGNORECASE)
_NO_BALANCE = re.compile(
    r"score|rating|threshold|alert|percent"
    r"|(lifetime|all_?time|total).*(bought|purchas|earned|granted)",  # what came in since ever, which no charge moves
    re.IGNORECASE,
)
_CLOSED = re.compile(
    r"delet|closed|deactivat|disabl|banned|archiv|suspend|anonymi|erased|terminat|cancel|remov|block|inactiv|gone|left_at"
    r"|retired|churn|frozen|discard|gesperrt|gel(ö|oe)scht|deaktiv|bloqu|eliminad|borrad|supprim|d[eé]sactiv"
    r"|silin|chius"
    r"|删除|封禁|冻结|заблок|удал",
    re.IGNORECASE,
)
_STATES = {"status", "state", "account_status", "account_state", "wallet_status", "wallet_state"}
_CLOSED_STATE = "^(closed|deleted|suspended|blocked|disabled|deactivated|banned|inactive|frozen|terminated|archived)$"
_LIMIT = re.compile(r"limit|max|threshold|lifetime|total|cap|allowance|per_?(day|month|cycle|period)", re.IGNORECASE)
# plan_quota is the size of what plan_quota_remaining is left of
_LEFT = re.compile(r"_?(remaining|left|available|unused)_?")
_SIZE = re.compile(r"quota|limit|allowance|included|size|granted|max", re.IGNORECASE)
_ACCOUNTS_AT_LEAST = 5
_MANY = 10
_MOMENTS = (*TIME_TYPES, "date")
_WORD = re.compile(r"\w+")


def check_accounts(samples: Samples) -> Iterator[Check]:
    accounts = app_accounts(samples)
    found = [*check_unpayable(samples), *check_other_sums(samples)]
    if accounts is not None:
        hooked = samples.hook_may_write([accounts.name])
        for rule in _RULES:
            if not (hooked and rule in _WITHOUT_HOOK):
                found += rule(samples, accounts)
    found += _reaches_nobody(samples, accounts)
    if found:
        yield joined(found)
    elif accounts is None:
        yield ok("none are mapped: a refund moves no balance by itself")
    else:
        yield ok("no other column looks like a balance that the file leaves out")


def _reaches_nobody(samples: Samples, accounts: AppAccounts | None) -> Iterator[Check]:
    """Sessions that have failed already, and whose refund would change no row of the app's."""
    moves = accounts is not None and (accounts.own.balance or accounts.own.spent or accounts.added)
    if moves or samples.mapping.ledger is not None or samples.own.refunded or samples.has_hook():
        return
    if owed := samples.list_owed():
        yield warning(
            f"a refund of a session that has failed, such as {named(owed)}, changes nothing in the app's tables: the "
            "file has no balance, no [ledger] and no [sessions.refunded], and no trigger is on sweeper's refunds",
            "accounts.balance, [ledger] or [sessions.refunded]; or a trigger on sweeper's refunds (docs/hooks.md)",
        )


def _names(own: AccountsSection) -> set[str]:
    added = own.add or {}
    texts = [own.balance, own.spent, own.invariant, own.id, own.active, *added, *added.values()]
    return {word.lower() for text in texts if text for word in _WORD.findall(text)}


def _others(samples: Samples, accounts: AppAccounts) -> Iterator[Check]:
    """Number columns that look like balances, in the accounts and in tables with one row for each account."""
    known, own = _names(accounts.own), accounts.own
    if accounts.is_moved_by_app:  # and maybe other columns
        return
    known |= {size for name in known if _SIZE.search(size := _LEFT.sub("", name))}
    for table in (accounts, *_satellites(samples, accounts)):
        if samples.hook_may_write([table.name]):
            continue
        others = [one for one in table.columns.values() if table is not accounts or one.name.lower() not in known]
        others = [one for one in others if _looks_like_balance(one) and is_in_unit(one.name, own.balance or "")]
        columns = samples.seen(table, others)
        used = _without_limits(samples, table, samples.used_columns(table, columns))
        if table is accounts:
            used = _moving(samples, accounts, used)
            too_low = uncounted(samples, [column for column in used if _EVER_SPENT.match(column.name)])
            left_alone = counted_ever(samples, [column for column in used if _COUNTER.search(column.name)])
            used = [column for column in used if column not in too_low and column not in left_alone]
        # where the balance alone has moved by what was taken, a counter may go with it all the same
        moves = used and (are_balances_explained(samples, alone=True) or is_sum_of_ledger(samples, accounts))
        if moves:
            gross = gross_counters(samples, accounts) if table is accounts else []
            used = [column for column in used if _COUNTER.search(column.name) and column not in gross]
        if used:
            said = (
                f"{', '.join(column.name for column in used)} of {table.name} look like balances or counters, and a "
                f"refund does not move them: accounts.balance = {own.balance!r}"
            )
            sure = ""
            if table is accounts and not moves:
                sure = why_limit(samples, accounts, used) or why_total(used, own)
                sure = sure or _never_moves(samples, accounts, used)
            yield (failure if sure else warning)(
                said + sure,
                "if a charge is taken from them as well: accounts.balance as their sum, and [accounts.add] with the "
                "share of each; or name them in accounts.invariant",
            )


def _looks_like_balance(column: Column) -> bool:
    named_so = _BALANCE.search(column.name) and not _NO_BALANCE.search(column.name)
    return bool(named_so) and column.is_number and not column.generated and not column.name.lower().endswith("id")


def _never_moves(samples: Samples, accounts: AppAccounts, others: list[Column]) -> str:
    """Why a column is not a balance, as the end of a sentence: it is the same for all accounts, unlike others."""
    balance = accounts.balance
    if balance is None or accounts.own.add is not None:
        return ""
    rows, constant = _constant(samples, accounts, [balance, *others])
    if rows < _MANY or balance not in constant or len(constant) > len(others):
        return ""
    if not samples.used_columns(accounts, [balance]):
        return ""
    return f"; {balance.name} is the same for all {rows} newest accounts: no charge moves it"


def _moving(samples: Samples, accounts: AppAccounts, columns: list[Column]) -> list[Column]:
    """The columns that differ between accounts, where the balance does."""
    balance = accounts.balance
    if balance is None or not columns:
        return columns
    rows, constant = _constant(samples, accounts, [balance, *columns])
    if rows < _ACCOUNTS_AT_LEAST or balance in constant:
        return columns
    return [column for column in columns if column not in constant]


def _without_limits(samples: Samples, table: Table, columns: list[Column]) -> list[Column]:
    """The columns that are the same for all accounts, limits and totals aside: no charge changes them."""
    limits = [column for column in columns if _LIMIT.search(column.name)]
    rows, alike = _constant(samples, table, limits)
    return [column for column in columns if column not in alike] if rows >= _ACCOUNTS_AT_LEAST else columns


def _constant(samples: Samples, table: Table, columns: list[Column]) -> tuple[int, list[Column]]:
    """The number of rows that were looked at, and the columns that are the same in all of them."""
    rows, different = samples.count_different(table, columns)
    return rows, [column for column, count in different.items() if count == 1]


def _satellites(samples: Samples, accounts: Table) -> list[Table]:
    """Other tables with one row for each account."""
    mapping, found = samples.mapping, list[Table]()
    tables = samples.readable_oids()
    for row in samples.references(to=accounts):
        if row.table_oid in (accounts.oid, mapping.sessions.oid):
            continue
        if row.table_oid not in tables or (mapping.ledger and row.table_oid == mapping.ledger.table.oid):
            continue
        table = samples.table(row.table_oid)
        if row.column_name in samples.unique_names(table) and not is_report(table):
            found.append(table)
    return found[:10]


def _closed(samples: Samples, accounts: AppAccounts) -> Iterator[Check]:
    """Closed accounts that would be paid."""
    if accounts.own.active is not None:
        return

    def fits(one: Column) -> object:
        return (one.is_flag or (one.base_type in _MOMENTS and one.nullable)) and _CLOSED.search(one.name)

    columns = sorted(samples.columns(accounts, fits), key=lambda column: not column.is_flag)
    rows, counts = samples.count_rows(accounts, columns)
    for column, count in counts.items():
        if count:
            condition = f"NOT {column.quoted}" if column.is_flag else f"{column.quoted} IS NULL"
            yield warning(
                f"{column.name} is set on {count} of the {rows} newest accounts, and accounts.active is "
                "not given: they are paid like any other",
                f"accounts.active = '{condition}'",
            )
    words = samples.columns(accounts, lambda one: one.is_word and one.name.lower() in _STATES, noted=False)
    for column in words if accounts.own.active is None else ():
        closed = fill_expression("is_closed", {"column": column.quoted, "words": quote_text(_CLOSED_STATE)})
        rows, count = samples.count_where(accounts, closed)
        if 0 < count * 2 < rows:
            yield warning(
                f"{column.name} says of {count} of the {rows} newest accounts that they are closed, and "
                "accounts.active is not given: they are paid like any other",
                f'accounts.active = "{column.quoted} = the word for an account that is open"',
            )


# in the order in which their findings are shown
_RULES: tuple[Callable[[Samples, AppAccounts], Iterator[Check]], ...] = (
    wrong_table, _others, check_spent, check_held, check_pools, check_sums, check_below_zero,
    check_broken, check_payers, check_booked, check_named_accounts, check_periods,
    check_counters, check_versions, _closed,
)  # fmt: skip
# a hook may do what these miss in the file
_WITHOUT_HOOK = (check_spent, check_held, check_pools, check_sums, check_below_zero)
