"""The values of the status enum with which the index on live sessions was built: two may swap names afterwards.

The index compares names. ``ALTER TYPE … RENAME VALUE`` changes what a stored value is called and no row, so the server
does not rebuild the index: sessions that now have the name of a failed or running one are not in it.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Self


@dataclass(frozen=True)
class StatusLabels:
    """The values of one enum, by name, as the server knows them; ``type_oid`` identifies the enum.

    Where the enum is another one, in a restored database or after a migration that created it again, the server has
    rebuilt the index, too.
    """

    type_oid: int
    labels: dict[str, int]

    def to_json(self) -> str:
        """As `settings.status_labels` stores it."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """From the value in `settings.status_labels`."""
        return cls(**json.loads(text))

    def renamed(self, bound: Self, live: Iterable[str]) -> list[str]:
        """Which names in ``live`` belong to another value of the same enum than when they were ``bound``."""
        if self.type_oid != bound.type_oid:
            return []
        return [label for label in live if self.labels.get(label) != bound.labels.get(label)]

    def surely_same(self, bound: Self | None, live: Iterable[str]) -> bool:
        """Whether an index that was built when ``bound`` was recorded has all rows that it should have."""
        return bound is not None and self.type_oid == bound.type_oid and not self.renamed(bound, live)
