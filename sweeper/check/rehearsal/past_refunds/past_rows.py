"""Compares the refunds that the app wrote itself with what ``[ledger.insert]`` would write for the same sessions."""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal, Inexact, localcontext
from functools import lru_cache

from sweeper.app.catalog import FLOATING_TYPES, JSON_TYPES, Column
from sweeper.app.over_refund import names_in
from sweeper.check.rehearsal.ledger.app_ledger import AppLedger
from sweeper.check.rehearsal.past_refunds.compared_columns import ComparedColumn
from sweeper.check.rehearsal.samples import Samples
from sweeper.check.rehearsal.words import DOWN_WORDS, UP_WORDS
from sweeper.ledger.past import past_slots
from sweeper.postgres.templates import Slots
from sweeper.postgres.transaction import Row

Pair = tuple[Decimal | None, Decimal | None]
Holds = Callable[[ComparedColumn, str | None, str | None], bool]
_SCALE = re.compile(r"\(\d+,(-?\d+)\)")
# the same patterns for Python, without the server's word boundaries
_WAYS = [(name, re.compile(re.sub(r"\\m", "", words, flags=re.IGNORECASE), re.IGNORECASE))
         for name, words in (("up", UP_WORDS), ("down", DOWN_WORDS))]  # fmt: skip


@dataclass(frozen=True)
class PastRefund:
    """One session that the app refunded: the values of the mapping, and the app's rows, with their amounts added up."""

    session_id: str
    status: str
    account: str | None
    amount: Decimal | None
    past_account: str | None = None
    past_amount: Decimal = Decimal(0)
    rows: int = 0
    excluded: bool = False
    never: bool = False
    differs: frozenset[str] = frozenset()
    keyed: Mapping[str, str] = field(default_factory=dict)
    """By column of a key, the app's value without the session's id: the app can find it where that is alike for all."""
    unwritten: frozenset[str] = frozenset()
    opposite: frozenset[str] = frozenset()
    worded: frozenset[str] = frozenset()
    """The columns with a text of our own, where the app's rows have another one."""
    words: Mapping[str, str | None] = field(default_factory=dict)
    """What the app's row has in those columns, where it is one."""
    numbers: Mapping[str, Pair] = field(default_factory=dict)
    """The numbers in JSON by column and key: the file's, and the app's."""
    lacking: Mapping[tuple[str, str], object] = field(default_factory=dict)
    """By column of JSON and key, what the app's row has there, and the file's has not."""

    @property
    def ours(self) -> Decimal:
        """What the file would give back, without a sign."""
        return abs(self.amount or Decimal(0))

    @property
    def theirs(self) -> Decimal:
        """What the app gave back, without a sign."""
        return abs(self.past_amount)


def read_past_refunds(
    samples: Samples, ledger: AppLedger, compared: Sequence[ComparedColumn], unwritten: Sequence[Column]
) -> list[PastRefund]:
    """The sessions that the app refunded, by the rows that it wrote, with what the file would have written."""
    by_session: dict[str, list[Row]] = defaultdict(list)
    for row in read_pairs(samples, ledger, compared, unwritten):
        by_session[row.session_id].append(row)
    digits = _digits(samples)
    return [_added_up(found, compared, unwritten, digits) for found in by_session.values()]


def read_pairs(
    samples: Samples, ledger: AppLedger, compared: Sequence[ComparedColumn], unwritten: Sequence[Column]
) -> list[Row]:
    """The rows that the app wrote for its refunds of sessions, each with what the file would have written."""
    meant = {one.meaning: f"l.{one.column.quoted}" for one in compared}
    slots = {"past_account": meant.get("account", "NULL"), "past_amount": meant.get("amount", "NULL")}
    slots |= past_slots(samples.reader, ledger.section, ledger.table, samples.mapping.slots)
    items: list[Slots] = [
        {
            "column": one.column.quoted, "column_type": one.column.full_type, "place": str(place),
            # it may end with a comment; a key of ours is not compared, and may be made by a sequence
            "value": "NULL" if one.meaning == "key" else one.value + "\n",
            "json": "yes" if one.column.base_type in JSON_TYPES else "",
            "money": "yes" if one.column.base_type == "money" else "",
            "folded": "yes" if one.column.is_word and not one.column.equal_as_text else "",
            "collation": one.column.collation,
        }
        for place, one in enumerate(compared)
    ]  # fmt: skip
    read = list(dict.fromkeys([*(one.column for one in compared), *unwritten]))
    given = {**slots, "compared": items, "unwritten": unwritten, "read": read}
    return samples.read("compare_past", samples.failed, **given)


def _added_up(
    rows: Sequence[Row], compared: Sequence[ComparedColumn], unwritten: Sequence[Column], digits: int | None
) -> PastRefund:
    first, single = rows[0], len(rows) == 1
    places = {one.meaning: place for place, one in reversed([*enumerate(compared)])}
    meant, written = ({name: values[place] for name, place in places.items()} for values in (first.ours, first.theirs))
    ours = meant.get("amount", first.amount)
    amounts = [Decimal(row.past_amount) for row in rows if row.past_amount is not None]

    def named(meanings: Collection[str], holds: Holds) -> frozenset[str]:
        """The columns with one of these meanings for which it holds in all rows."""
        return frozenset(
            one.column.name
            for place, one in enumerate(compared)
            if one.meaning in meanings and all(holds(one, row.ours[place], row.theirs[place]) for row in rows)
        )

    def differs(one: ComparedColumn, ours: str | None, theirs: str | None) -> bool:
        # of a refund in parts, each row has a part
        return (single or "amount" not in names_in(one.value)) and _unlike(one, ours, theirs)

    return PastRefund(
        session_id=first.session_id,
        status=first.status,
        account=meant.get("account", first.account_id),
        amount=None if ours is None else _rounded(Decimal(ours), digits),
        past_account=written.get("account", first.past_account),
        past_amount=_rounded(sum(amounts, Decimal(0)), digits),
        rows=len(amounts),
        excluded=first.excluded,
        never=first.never,
        differs=named(("", "default", "state"), differs),
        keyed=_keys(first, compared),
        numbers=_numbers(rows, compared),
        lacking=_lacking(first, compared),
        opposite=named(("text", ""), _is_opposite),
        worded=named(("text",), _unlike),
        words={one.column.name: first.theirs[place] for place, one in enumerate(compared) if single},
        unwritten=frozenset(
            column.name
            for place, column in enumerate(unwritten)
            if any(row.unwritten[place] is not None for row in rows)
        ),
    )


def _numbers(rows: Sequence[Row], compared: Sequence[ComparedColumn]) -> dict[str, Pair]:
    """The numbers in columns of JSON, of a session that has one refund alone."""
    found: dict[str, Pair] = {}
    for place, one in enumerate(compared):
        if one.meaning == "json" and len(rows) == 1:
            ours, theirs = (_numbers_in(some[place]) for some in (rows[0].ours, rows[0].theirs))
            found |= {f"{one.column.name} ->> {key}": (ours.get(key), theirs.get(key)) for key in ours.keys() | theirs}
    return found


def _numbers_in(text: str | None) -> dict[str, Decimal]:
    return {key: one for key, one in _content(text).items() if isinstance(one, Decimal)}


def _lacking(row: Row, compared: Sequence[ComparedColumn]) -> dict[tuple[str, str], object]:
    return {
        (one.column.name, key): value
        for place, one in enumerate(compared)
        if one.meaning in ("json", "") and one.column.base_type in JSON_TYPES
        for key, value in _content(row.theirs[place]).items()
        if key not in _content(row.ours[place])
    }


def _content(text: str | None) -> dict[str, object]:
    """What an object of JSON has by its keys, without those that are null."""
    content = json.loads(text or "null", parse_int=Decimal, parse_float=Decimal)
    return {key: one for key, one in content.items() if one is not None} if isinstance(content, dict) else {}


def _keys(row: Row, compared: Sequence[ComparedColumn]) -> dict[str, str]:
    """The keys that have the id of the session in them, without it."""
    texts = {one.column.name: row.theirs[place] or "" for place, one in enumerate(compared) if one.meaning == "key"}
    if not texts:
        return {}
    session_id = re.compile(rf"(?<![a-zA-Z0-9]){re.escape(row.session_id)}(?![a-zA-Z0-9])")
    return {name: session_id.sub("", text) for name, text in texts.items() if session_id.search(text)}


def _is_opposite(one: ComparedColumn, ours: str | None, theirs: str | None) -> bool:
    """Whether one text or number means that credits come in, and the other that they go out."""
    if one.column.is_number and ours is not None and theirs is not None:
        return one.column.base_type not in FLOATING_TYPES and Decimal(ours) == -Decimal(theirs) != 0
    if one.meaning != "text":
        return False
    ways = [_way(text or "") for text in (ours, theirs)]
    return "" not in ways and ways[0] != ways[1]


@lru_cache  # most refunds have one of a few texts
def _way(text: str) -> str:
    found = [name for name, words in _WAYS if words.fullmatch(text.strip())]
    return found[0] if len(found) == 1 else ""


def _unlike(one: ComparedColumn, ours: str | None, theirs: str | None) -> bool:
    known, past = (_content(text) if one.column.base_type in JSON_TYPES else {} for text in (ours, theirs))
    if known and past:  # what only one of the two has is no other value
        return any(value != past[key] for key, value in known.items() if key in past)
    if ours is not None and theirs is not None and one.column.is_number:
        return Decimal(ours) != Decimal(theirs)
    return ours != theirs


def _digits(samples: Samples) -> int | None:
    """How many decimal places the balance has; None for any number."""
    own, accounts = samples.settings.accounts, samples.accounts
    column = accounts.column(own.balance) if accounts and own and own.balance else None
    if column is None:
        return None
    scale = _SCALE.search(column.full_type)
    return 0 if column.is_whole else int(scale[1]) if scale else None


def _rounded(amount: Decimal, digits: int | None) -> Decimal:
    if digits is None:
        return amount
    with localcontext() as context:  # elsewhere rounding is an error
        context.traps[Inexact] = False
        return amount.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
