"""The key of a charge: the session's id and the attempt, as typed values of named columns.

The key is bound by the first ``install``. Under another key everything that is refunded would be owed again, or what is
owed would pass for refunded, so another key takes its place only when the existing refunds are translated to it.
"""

import json
from dataclasses import asdict, dataclass, field
from typing import Self

# types whose values have only one text, also after a cast from one to another
_SAME_TEXTS = {"smallint", "integer", "bigint", "text", "character varying", "uuid"}


@dataclass(frozen=True)
class ChargeKey:
    """The key of a mapping; ``labels`` are the values of its enum types, by type.

    ``table_oid`` recognizes a table that was renamed; ``attempt`` is the expression in the file, None without one,
    and ``timezone`` the zone that such an expression is read in. Columns are known by their numbers, too, which
    renaming keeps: that of the id, and of an attempt that is a column. ``reads`` are the columns that
    the expression names, with their types, and ``definitions`` what else it is made of: functions and views of the
    app's, with digests, and columns of other tables, with their types. ``ledger_oid`` is the table of the ledger, put
    back from a dump, without what was refunded since, at ``put_back_at``; no key differs by these, nor by
    ``accounts_oid``.
    ``tables`` are the accounts and those that subqueries of the file read, with their oids; ``columns`` those that the
    file names, by the oid of their table, with their numbers.
    """

    table: str
    table_oid: int
    id: str
    id_type: str
    attempt: str | None
    attempt_type: str
    timezone: str | None
    labels: dict[str, list[str]] = field(default_factory=dict)
    id_number: int | None = None
    attempt_number: int | None = None
    reads: dict[str, str] = field(default_factory=dict)
    accounts_oid: int | None = None
    ledger_oid: int | None = None
    put_back_at: str | None = None
    tables: dict[str, int] = field(default_factory=dict)
    columns: dict[str, dict[str, int]] = field(default_factory=dict)
    definitions: dict[str, str] = field(default_factory=dict)

    @property
    def id_name(self) -> str:
        """The bare name of the id's column."""
        return self.id[1:-1].replace('""', '"')

    def to_json(self) -> str:
        """As `settings.charge_key` stores it."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """From the value in `settings.charge_key`."""
        return cls(**json.loads(text))

    def of_table(self, other: Self) -> bool:
        """Whether both are of one table, by its name or, if it was renamed since, by its oid."""
        return self.table == other.table or self.table_oid == other.table_oid

    def same_id(self, bound: Self) -> bool:
        """Whether both are of one column: by its number, or, in a table that was created again, by its name."""
        if self.table_oid == bound.table_oid and bound.id_number is not None:
            return self.id_number == bound.id_number
        return self.id == bound.id

    def same_attempt(self, bound: Self) -> bool:
        """Whether both tell charges apart by the same column, by its number, or by expressions of the same text."""
        if self.table_oid == bound.table_oid and None not in (self.attempt_number, bound.attempt_number):
            return self.attempt_number == bound.attempt_number
        return self.attempt == bound.attempt

    def same_attempt_texts(self, bound: Self) -> bool:
        """Whether the attempts of old refunds, as text, are what the expression gives for those charges now."""
        if not self.same_attempt(bound) or self.timezone != bound.timezone:
            return False
        if self._lost_labels(bound) or self._reordered_enums(bound) or self.redefined(bound):
            return False
        # an expression may give another text for a column of another type, and a time may have lost its fraction
        kept = self.attempt_number is not None and {self.attempt_type, bound.attempt_type} <= _SAME_TEXTS
        return kept or list(self.reads.values()) == list(bound.reads.values())

    def redefined(self, bound: Self) -> list[str]:
        """What the expression is made of beside the session's row, and is not what it was."""
        if self.attempt != bound.attempt or not bound.definitions:  # an older program did not know them
            return []
        return sorted({name for name, _ in self.definitions.items() ^ bound.definitions.items()})

    def _lost_labels(self, bound: Self) -> list[str]:
        return [
            f"the enum {name} has no value {label!r} any more"
            for name in self.labels.keys() & bound.labels.keys()
            for label in bound.labels[name]
            if label not in self.labels[name]
        ]

    def _reordered_enums(self, bound: Self) -> list[str]:
        """Two values of an enum that swapped names: what was refunded under one would be owed under the other."""
        return [
            f"the values of the enum {name} are in another order: some were renamed to each other's names"
            for name in self.labels.keys() & bound.labels.keys()
            if not self._lost_labels(bound)
            and [label for label in self.labels[name] if label in bound.labels[name]] != bound.labels[name]
        ]

    def renamed_labels(self, bound: Self) -> dict[str, str]:
        """The old names of the values of an attempt that is a column of an enum, by their names now; empty if none."""
        if self.attempt_number is None or self.labels.keys() != bound.labels.keys():
            return {}
        enums = [name for name in self.labels if name in self.reads.values()]
        pairs = [(self.labels[name], bound.labels[name]) for name in enums]
        if len(pairs) != 1 or len(pairs[0][0]) != len(pairs[0][1]):
            return {}
        return {now: was for now, was in zip(*pairs[0], strict=True) if now != was}

    def changes(self, bound: Self) -> list[str]:
        """What differs from the ``bound`` key, in words; empty if refunds mean the same."""
        facts: list[tuple[str, str | None, str | None, bool]] = [
            ("sessions.table", bound.table, self.table, self.of_table(bound)),
            ("sessions.id", bound.id, self.id, self.same_id(bound)),
            (f"the type of sessions.id = {self.id}", bound.id_type, self.id_type, bound.id_type == self.id_type),
            ("sessions.attempt", bound.attempt or "not mapped", self.attempt or "not mapped", self.same_attempt(bound)),
        ]
        if bool(bound.attempt) == bool(self.attempt):
            same_type = bound.attempt_type == self.attempt_type
            facts.append(("the type of sessions.attempt", bound.attempt_type, self.attempt_type, same_type))
            facts.append(("sessions.timezone", bound.timezone, self.timezone, bound.timezone == self.timezone))
        changed = [
            f"{words} was {was} and is {now}"
            if was != now
            else f"{words} = {now} is another column than the one of that name before"
            for words, was, now, same in facts
            if not same
        ]
        if self.attempt == bound.attempt:
            changed += [
                f"{name}, which sessions.attempt reads, was {bound.reads[name]} and is {self.reads[name]}"
                for name in self.reads.keys() & bound.reads.keys()
                if self.reads[name] != bound.reads[name]
            ]
        return changed + self._lost_labels(bound) + self._reordered_enums(bound)
