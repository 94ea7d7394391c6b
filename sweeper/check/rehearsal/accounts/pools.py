"""Whether sessions were charged to other balances than the mapped one, as their columns show."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sweeper.app.catalog import JSON_TYPES, Column, Table
from sweeper.check.rehearsal.accounts.app_accounts import AppAccounts
from sweeper.check.rehearsal.ledger.app_ledger import app_ledger
from sweeper.check.rehearsal.ledger.kinds_of_ledgers import LEFT
from sweeper.check.rehearsal.ledger.linked_sessions import sessions_fail
from sweeper.check.rehearsal.marks.session_marks import number_above_zero
from sweeper.check.rehearsal.samples import Samples, named
from sweeper.check.rehearsal.words import LITERALS, words_of
from sweeper.check.result import Check, failure, warning
from sweeper.config.model import AccountsSection
from sweeper.postgres.templates import fill_expression

_GIVEN = re.compile(r'^"?\w*(limit|quota|allowance|included|granted)\w*"?$', re.IGNORECASE)
_TOTAL = re.compile(
    r"lifetime|purchased|bought|earned|granted|ever|all_?time|total|^size|_size|initial|original|capacity|issued|allott?ed",
    re.IGNORECASE,
)
# total_credits and purchased_credits may be what is left, total_purchased is not
_OF_THE_PAST = re.compile(
    r"lifetime|granted|ever|all_?time|^size|_size|initial|original|capacity|issued|allott?ed"
    r"|total\w*(purchased|bought|earned|given|received)|(purchased|bought|earned|given|received)\w*total",
    re.IGNORECASE,
)
_EVER = re.compile(r"lifetime|ever|all_?time", re.IGNORECASE)
_PLANS_AT_MOST = 10
_COUNTER = re.compile(r"used|usage|consum|held|reserv", re.IGNORECASE)
_POOLS = {"free", "paid", "bonus", "promo", "gift", "plan", "subscription", "topup", "trial", "monthly", "purchased",
          "bought", "extra", "pack", "reward", "rollover", "addon", "permanent", "daily", "weekly", "referral",
          "earned", "welcome"}  # fmt: skip
_FLAGS = {"has", "is", "was"}
_NO_SHARE = {"id", "at", "usd", "cents", "price", "limit", "max"} | _FLAGS
_ENOUGH = 3
_JSON_AT_MOST = 4
_NOT = re.compile(r"<>|!=|\bnot\b", re.IGNORECASE)


@dataclass(frozen=True)
class _Share:
    """A column, or a key of JSON, with what failed sessions took from a pool; and one of those sessions."""

    name: str
    sessions: int
    sample: str

    @property
    def words(self) -> set[str]:
        return words_of(self.name)

    def is_of(self, pool: str) -> bool:
        """Whether its name is that of a pool: ``from_paid`` is that of ``paid_credits``."""
        return bool(self.words & words_of(pool) & _POOLS) and not self.words & _NO_SHARE

    def is_beside(self, other: "_Share") -> bool:
        """Whether both are parts of one charge: ``from_free`` beside ``from_paid``."""
        return self.words - _POOLS == other.words - _POOLS and self.words != other.words and bool(other.words & _POOLS)


def paired_shares(sessions: Table) -> list[Column]:
    """Numbers of a session that each are what it took from a pool, such as ``from_free`` beside ``from_paid``."""
    named = [(one, _Share(one.name, 0, "")) for one in sessions.columns.values() if one.is_number]
    shares = [(one, share) for one, share in named if share.words & _POOLS and not share.words & _NO_SHARE]
    return [one for one, share in shares if any(share.is_beside(other) for _, other in shares)]


def check_pools(samples: Samples, accounts: AppAccounts) -> Iterator[Check]:
    """Pools that failed sessions took a share from, to which a refund gives nothing, or another pool's share."""
    own = accounts.own
    if own.balance is None or accounts.is_moved_by_app:
        return
    numbers = [one for one in accounts.columns.values() if one.is_number and not one.generated]
    pools = [one for one in numbers if words_of(one.name) & _POOLS and not words_of(one.name) & _FLAGS]
    adds = (accounts.added or {own.balance: "amount"}).items()
    added = {accounts.column(text): value for text, value in adds if not re.fullmatch(r"[0.\s]*", value)}
    moved = [one for one in pools if one in added]
    # a name like that of a pool that gets a share means the same pool
    given = {word for one in moved for word in words_of(one.name)}
    others = [one for one in pools if one not in added and not words_of(one.name) & _POOLS <= given]
    left = samples.used_columns(accounts, samples.seen(accounts, others))
    # what this role may not read matters only if the file may have forgotten something
    shares = list(_shares(samples, noted=bool(left))) if moved or left else []
    for pool in [*moved, *left]:
        share = next((one for one in shares if one.is_of(pool.name)), None)
        if share is None:
            yield from _by_file(own, pool, added)
            continue
        apart = "from" in share.words  # "units_from_extra" alone proves it
        parts = pool not in added and pool.name in re.findall(r"\w+", own.balance)  # the file itself says so
        # a second share shows that a charge is taken from several pools
        second = [one for one in shares if one is not share]
        split = any(one.is_beside(share) or any(each and one.is_of(each.name) for each in added) for one in second)
        if not apart and not parts and not split:
            continue
        if pool not in added:
            yield failure(
                f"{share.sessions} sessions, such as {share.sample}, took from {pool.name} ({share.name}), and a "
                f"refund gives nothing back to it: accounts.balance = {own.balance!r}",
                "accounts.balance as the sum of the pools, and [accounts.add] with the share of each",
            )
        else:
            yield from _wrong_share(samples, pool, share, shares, added[pool], apart=apart)


def _by_file(own: AccountsSection, pool: Column, added: Mapping[Column | None, str]) -> Iterator[Check]:
    """A pool that gets the rows of another one, or nothing where another gets all that both have lost, by the file."""
    pools = {other: words_of(other.name) & _POOLS for other in added if other and words_of(other.name) & _POOLS}
    value = added.get(pool, "")
    said = words_of(" ".join(LITERALS.findall(value))) & _POOLS
    wrong = [other for other, words in pools.items() if said and said <= words and not said & words_of(pool.name)]
    if wrong and not _NOT.search(value):
        yield failure(
            f"[accounts.add] gives {pool.name} what was taken of another pool: {', '.join(sorted(said))}, "
            f"which is that of {wrong[0].name}",
            f"[accounts.add] {pool.quoted}: the rows of that pool",
        )
    whole = next((other for other in pools if added[other].strip() == "amount"), None)
    if pool not in added and whole and pool.name in re.findall(r"\w+", own.balance or ""):
        yield warning(
            f"accounts.balance = {own.balance!r} counts {pool.name}, and [accounts.add] gives {whole.name} the whole "
            "amount: what was taken of the one is given back to the other",
            "[accounts.add]: the share of each; or accounts.balance without it, when no charge is taken from it",
        )


def _wrong_share(
    samples: Samples, pool: Column, share: _Share, shares: Sequence[_Share], value: str, *, apart: bool
) -> Iterator[Check]:
    """A pool that is given the whole amount, or the share of another."""
    if apart and value.strip() == "amount" and (others := _of_other_pools(samples, share)):
        yield failure(
            f"[accounts.add] gives {pool.name} the whole amount, and {len(others)} of the failed sessions, such as "
            f"{named(others)}, took nothing from it, as {share.name} says",
            f"accounts.balance as the sum of the pools, and [accounts.add] {pool.quoted} with {share.name}",
        )
    elif wrong := next((one for one in shares if _is_other(one, pool.name, share, value)), None):
        yield failure(
            f"[accounts.add] gives {pool.name} what was taken of another pool ({wrong.name}); what sessions, such "
            f"as {share.sample}, took from it is {share.name}",
            f"[accounts.add] {pool.quoted}: {share.name}",
        )


def _is_other(one: _Share, pool: str, share: _Share, value: str) -> bool:
    """Whether the file gives a pool the share of another."""
    read = set(re.findall(r"\w+", value))
    others = read.isdisjoint({"amount", share.name})
    return one.name in read and others and one.is_beside(share) and not one.is_of(pool)


def _shares(samples: Samples, *, noted: bool) -> Iterator[_Share]:
    """Numbers of the failed sessions whose names mention a pool."""
    session_ids, sessions = samples.failed, samples.sessions
    if not session_ids:
        return
    for column in samples.columns(sessions, lambda one: one.is_number and words_of(one.name) & _POOLS, noted=noted):
        if rows := number_above_zero(samples, column, session_ids):
            yield _Share(column.name, len(rows), rows[0].session_id)
    ledger = app_ledger(samples)
    if samples.mapping.is_by_account:
        return
    for table in (sessions, *([ledger.table] if ledger and not sessions_fail(samples) else [])):
        of_ledger = table is not sessions
        for column in samples.columns(table, lambda one: one.base_type in JSON_TYPES, noted=of_ledger)[:_JSON_AT_MOST]:
            given = {"column": column, "number": True, "of_ledger": of_ledger, "words": ""}
            for row in samples.read("list_json_keys", session_ids, **given):
                if words_of(row.name) & _POOLS:
                    yield _Share(row.name, row.sessions, row.sample)


def _of_other_pools(samples: Samples, share: _Share) -> list[str]:
    """Sessions that would be paid, and that took nothing from a pool."""
    column = samples.sessions.columns.get(share.name)
    if column is None:
        return []
    owed = samples.list_owed()
    took = {row.session_id for row in number_above_zero(samples, column, owed)}
    others = [one for one in owed if one not in took]
    return others if len(others) >= _ENOUGH else []


def why_limit(samples: Samples, accounts: AppAccounts, others: Sequence[Column]) -> str:
    """Why the balance is a limit, as the end of a sentence: another column counts how much of it was used.

    Where an account has used more than that, it is what is left, beside a total of what was ever used. So may it be
    where accounts have many different ones: limits are those of a few plans.
    """
    limit = accounts.balance
    if limit is None or accounts.own.add is not None or not _GIVEN.search(limit.name) or LEFT.search(limit.name):
        return ""  # quota_left is the same for all who have used nothing since the month began
    counter = next((one for one in others if _COUNTER.search(one.name) and not _EVER.search(one.name)), None)
    if counter is None:
        return ""
    rows, different = samples.count_different(accounts, [limit])
    if different.get(limit, 0) > min(rows / 2, _PLANS_AT_MOST):
        return ""
    slots = {"limit": f"l.{limit.quoted}", "counter": f"l.{counter.quoted}"}
    _, beyond = samples.count_where(accounts, fill_expression("beyond_limit", slots))
    return "" if beyond else f"; {limit.name} is what was given, and {counter.name} counts what was used of it"


def why_total(others: Sequence[Column], own: AccountsSection) -> str:
    """Why the balance is a total of the past, as the end of a sentence: by its name, unlike another column."""
    if own.balance is None or own.add is not None or not _OF_THE_PAST.search(own.balance):
        return ""
    left = next((one.name for one in others if not _TOTAL.search(one.name) and not _COUNTER.search(one.name)), None)
    return f"; {own.balance} is a total of what was ever had, by its name, and {left} what is left" if left else ""
