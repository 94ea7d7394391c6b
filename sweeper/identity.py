"""What a charge is known by: the session's id and the attempt, as typed values of named columns.

The key is bound by the first ``install``. Under another key everything that is refunded would be owed again, or what is
owed would pass for refunded: so none is put in its place without a translation of the refunds that there are.
"""

import json
from dataclasses import asdict, dataclass, field, replace
from typing import Self


@dataclass(frozen=True)
class ChargeKey:
    """The key of a mapping; ``labels`` are the values of the enums among its types, by type.

    ``table_oid`` knows a table that was renamed; ``attempt`` is the expression of the file, none where there is none,
    and ``timezone`` the zone that such an expression is read in.
    """

    table: str
    table_oid: int
    id: str
    id_type: str
    attempt: str | None
    attempt_type: str
    timezone: str | None
    labels: dict[str, list[str]] = field(default_factory=dict)

    def to_json(self) -> str:
        """As `settings.charge_key` keeps it."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """As it was kept."""
        return cls(**json.loads(text))

    def of_table(self, other: Self) -> bool:
        """Whether both are of one table: by its name, or one that was renamed since."""
        return self.table == other.table or self.table_oid == other.table_oid

    def changes(self, bound: Self) -> list[str]:
        """What is another than in the key that is ``bound``, in words; nothing where refunds mean the same."""
        said = {
            "table": "sessions.table",
            "id": "sessions.id",
            "id_type": f"the type of sessions.id = {self.id}",
            "attempt": "sessions.attempt",
            "attempt_type": "the type of sessions.attempt",
            "timezone": "sessions.timezone",
        }
        known = replace(bound, table=self.table) if self.of_table(bound) else bound
        was, now = asdict(known), asdict(self)
        changed = [
            f"{words} was {was[name]} and is {now[name]}" for name, words in said.items() if was[name] != now[name]
        ]
        for name in self.labels.keys() & bound.labels.keys():
            gone = [label for label in bound.labels[name] if label not in self.labels[name]]
            if gone:
                changed.append(f"the enum {name} has no value {', '.join(map(repr, gone))} any more")
        return changed
