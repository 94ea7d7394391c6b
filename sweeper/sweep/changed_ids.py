"""Finds owed sessions that seem to have been refunded under another id.

An app that changes ids in place leaves refunds whose sessions are gone, and sessions that look as if nobody had
refunded them. Only a run that is about to pay compares the two; where no session is deleted it reads a few refunds.
"""

from collections.abc import Collection
from dataclasses import dataclass

from sweeper.core.errors import ConfigurationError
from sweeper.postgres.binds import text_array
from sweeper.sweep.owed import OwedReader

# a single one may be a coincidence: sessions of one transaction have the same time, and one may be deleted. If half of
# the refunds without a session match an owed one, the ids were changed
_COINCIDENCES, _SURE = 1, 2
_SAMPLES = 3


@dataclass(frozen=True)
class Orphans:
    """Some of the newest refunds whose sessions are gone; ``on_hold`` if a session is on hold because of one."""

    refund_ids: tuple[str, ...] = ()
    on_hold: bool = False

    def __bool__(self) -> bool:
        return bool(self.refund_ids) or self.on_hold


def find_orphans(reader: OwedReader) -> Orphans:
    """Find them; empty for sessions that the operator named, which are paid anyway."""
    selection, mapping = reader.selection, reader.mapping
    if selection.named or mapping.is_by_account:  # with Citus there is no such comparison
        return Orphans()
    binds = {**selection.binds, "from_floor": selection.since == selection.floor}
    row = reader.transaction.row(mapping.statement("find_orphans"), binds)
    return Orphans(tuple(row.refund_ids), row.on_hold)


def find_moved(reader: OwedReader, orphans: Orphans, session_ids: Collection[str]) -> frozenset[str]:
    """Which of these owed sessions seem to have been refunded under another id.

    Raises:
        ConfigurationError: so many that the ids were changed in place.
    """
    if not orphans or not session_ids:
        return frozenset()
    binds = {
        **reader.selection.binds,
        "in_hand": text_array(session_ids),
        "orphans": text_array(orphans.refund_ids),
        "on_hold": orphans.on_hold,
    }
    row = reader.transaction.row(reader.mapping.statement("find_moved"), binds)
    if row.orphans > _COINCIDENCES and row.orphans * _SURE >= len(orphans.refund_ids):
        key = reader.mapping.key
        attempts = f", or the attempts ({key.attempt})," if reader.mapping.choices["attempt_moves"] else ""
        samples = ", ".join(sorted(row.session_ids)[:_SAMPLES])
        raise ConfigurationError(
            f"sessions.id = {key.id}: the ids{attempts} were changed in place. Of {len(orphans.refund_ids)} "
            f"refunds whose sessions are gone, {row.orphans} have the account, the amount and the moment of failure of "
            f"a session that is owed ({samples}), and would be paid again. Record the refunds under the new ids, "
            "as docs/operations.md describes: `sweeper adopt --where SQL`. A session that was never refunded is "
            "paid by `sweeper run --session ID`",
            code="key_changed",
        )
    return frozenset(row.session_ids)


class MovedSessions:
    """The owed sessions of one sweep that seem to have been refunded under another id."""

    def __init__(self) -> None:
        self._orphans: Orphans | None = None
        self.found = frozenset[str]()

    @property
    def possible(self) -> bool:
        """Whether there may be any; true until the first call of ``find``."""
        return self._orphans is None or bool(self._orphans)

    def find(self, reader: OwedReader, session_ids: Collection[str]) -> frozenset[str]:
        """Search these sessions as well; returns all that were found so far.

        Raises:
            ConfigurationError: so many that the ids were changed in place.
        """
        if self._orphans is None:
            self._orphans = find_orphans(reader)
        self.found |= find_moved(reader, self._orphans, session_ids)
        return self.found
