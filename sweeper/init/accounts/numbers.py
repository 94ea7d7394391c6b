"""Sorts the number columns of an accounts table by their names: balances, counters of usage, limits."""

from dataclasses import dataclass

from sweeper.init import words
from sweeper.init.accounts.running_balances import has_one_row_an_owner
from sweeper.init.evidence import Column, Table

POOL = frozenset({"free", "paid", "bonus", "promo", "promotional", "monthly", "daily", "weekly", "gift", "gifted",
                   "extra", "plan", "subscription", "purchased", "trial", "permanent", "addon", "topup", "rollover",
                   "bought", "earned", "granted", "referral", "reward", "pack", "own",
                   "overage", "overdraft"})  # fmt: skip
_USED = frozenset({"used", "consumed", "usage", "spent", "held", "reserved", "pending", "hold", "debited"})
_IN_CURRENCY = frozenset({"balance", "prepaid"})
_CURRENCIES, _PERIODS = frozenset({"cent", "usd", "eur"}), frozenset({"year", "month", "day", "hour"})
# beside credits in a currency; a fee of a credit card is none of an account's credits
_PLAIN = frozenset({"credit", "store", "account", "user"}) | _CURRENCIES | POOL | words.LIMIT | words.LEFT | _USED
_MOMENT = frozenset({"creation", "time"})  # since 1970
_HISTORY = frozenset({"total", "lifetime", "ever", "all", "earned", "cumulative"})


@dataclass(frozen=True)
class Numbers:
    """The number columns of one table.

    ``balances`` are named like what an account has, ``used`` like counters that a charge raises, ``history`` like sums
    over all time, ``limits`` like what it was given. ``others`` have other names, and may still be any of these.
    """

    balances: tuple[Column, ...]
    used: tuple[Column, ...]
    history: tuple[Column, ...]
    limits: tuple[Column, ...]
    others: tuple[Column, ...]

    @property
    def moving(self) -> tuple[Column, ...]:
        """The columns that a charge may change."""
        return (*self.balances, *self.limits, *self.used)

    @property
    def speak(self) -> bool:
        """Whether the names mention credits at all."""
        return bool(self.balances or (self.used and self.limits))


def read_numbers(table: Table) -> Numbers:
    found: dict[str, list[Column]] = {"balance": [], "used": [], "history": [], "limit": [], "other": []}
    unit = words.CREDITS | words.UNITS
    named = [one.words for one in table.columns if one.is_number and one.words & _IN_CURRENCY]
    kept = frozenset(word for said in named for word in said & _CURRENCIES)  # what the balance is in
    for column in table.columns:
        counted = column.is_number and not column.generated and not column.is_unique
        if counted and "id" not in column.words and not column.words >= _MOMENT:
            found[_kind(column, unit, kept)].append(column)
    spoken = frozenset(word for columns in found.values() for column in columns for word in column.words)
    if not spoken & (words.CREDITS | words.LEFT | words.LIMIT):  # "jobs_used" in a table without a limit
        found["other"] += found["used"]
        found["used"] = []
    named_so = bool(table.words & (words.CREDITS | {"wallet"})) and has_one_row_an_owner(table)
    if named_so and not found["balance"] and len(found["other"]) == 1:  # balances.amount, the only number
        found["balance"], found["other"] = found["other"], []
    return Numbers(*(tuple(columns) for columns in found.values()))


def _kind(column: Column, unit: frozenset[str], kept: frozenset[str]) -> str:
    said, left = column.words, bool(column.words & words.LEFT)
    in_currency = said & _IN_CURRENCY or ("credit" in said and said <= _PLAIN)
    of_period = _PERIODS if said & _USED else frozenset()  # used_this_month
    of_money = _CURRENCIES if in_currency else kept if said & _USED else frozenset()
    if (said & words.OTHER_NUMBERS) - of_period - of_money:
        return "other"
    if left:
        return "balance"
    # total_credits alone may be the balance, so it may be one that moves
    if said & _HISTORY and said & (_USED | (words.LIMIT - {"quota"}) | {"earned", "bought", "lifetime"}):
        return "history"
    if said & _USED:
        return "used"
    if said & words.LIMIT and "balance" not in said:
        return "limit"
    return "balance" if said & words.CREDITS or (said & POOL and said & unit) else "other"


def is_left(column: Column) -> bool:
    """Whether its name says that it is what is left, from which usage has been subtracted already."""
    return bool(column.words & words.LEFT)
