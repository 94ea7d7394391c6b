"""Detects that the app has changed so that a run would pay again, or never pay: its ids or its statuses are others.

- It renamed its statuses: then no row has one that the file names, and nothing is ever owed.
- It reused ids: the refund of the old session would look like that of the new one.
- It changed ids in place: that leaves refunds whose sessions are gone, and sessions that look as if nobody had refunded
  them. Only a run that is about to pay compares the two; where no session is deleted it reads a few refunds.
"""

from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from sweeper.core.errors import ConfigurationError
from sweeper.install.own_ledger.changed_tables import WHERE_ANEW
from sweeper.postgres.binds import text_array
from sweeper.postgres.errors import Refusal, StatementError, TooSlow
from sweeper.sweep.owed import OwedReader, OwedSession
from sweeper.sweep.owed_list import OwedList

# statuses: fewer sessions prove nothing, because the app may have just begun
_ENOUGH_SESSIONS, _STATUSES_NAMED = 10, 5
# reused ids: one session that was started again is a case for `sessions.attempt`, and does not stop a run
_ENOUGH_REUSED = 2
# changed ids: a single one may be a coincidence, because sessions of one transaction have the same time, and one may be
# deleted. If half of the refunds without a session match an owed one, the ids were changed
_COINCIDENCES, _SURE = 1, 2
_SAMPLES = 3
_COMPARED_AT_ONCE = 10_000


def require_known_statuses(reader: OwedReader) -> None:
    """Check that some sessions since the floor have a status that the file names, if none is failed or running.

    Raises:
        ConfigurationError: of those looked at not one has; nobody could be paid anyway.
    """
    mapping = reader.mapping
    if mapping.is_sharded or mapping.lists["unindexed"]:  # it would read all sessions
        return
    # what cannot be read is found again when it is paid
    with suppress(Refusal, StatementError, TooSlow):
        with reader.transaction.savepoint():
            rows = reader.transaction.rows(mapping.statement("find_unknown_statuses"), reader.selection.binds)
        sessions = sum(row.sessions for row in rows)
        if sessions < _ENOUGH_SESSIONS or any(row.known for row in rows):
            return
        seen = ", ".join(f"{row.status} ({row.sessions})" for row in rows[:_STATUSES_NAMED])
        raise ConfigurationError(
            f"no session of {mapping.sessions.name} is failed or running, and of {sessions} looked at none has a "
            f"status that the file names; they have {seen}. Nothing was paid. If the app has renamed its statuses, "
            "name the new ones in sessions.failed, running and succeeded, then run `sweeper install`",
            code="statuses_unknown",
        )


def require_own_ids(reader: OwedReader) -> None:
    """Check that the newest sessions are the ones that were refunded under their ids.

    Where sessions are started again, as they are without `sessions.attempt`, there are older ones beside them.

    Raises:
        ConfigurationError: most are, and no session is as old as the refunds.
    """
    mapping = reader.mapping
    if mapping.is_by_account or not mapping.starts_in_column:  # without an index in their order all would be read
        return
    # a row that cannot be read is isolated when it is paid
    with suppress(Refusal, StatementError, TooSlow):
        with reader.transaction.savepoint():
            row = reader.transaction.row(mapping.statement("find_reused"), reader.selection.binds)
        if row.reused < _ENOUGH_REUSED or row.reused * 2 <= row.known or row.earliest <= row.refunded_until:
            return
        raise ConfigurationError(
            f"sessions.id = {mapping.key.id}: the ids of {mapping.sessions.name} started over. Of its {row.known} "
            f"newest sessions with an id that was refunded, {row.reused} were started after that refund, such as "
            f"{', '.join(row.samples)}, and no failed or running session is older. Nothing was paid. {WHERE_ANEW}",
            code="key_changed",
        )


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


class MovedSessions:
    """The owed sessions of one sweep that seem to have been refunded under another id."""

    def __init__(self) -> None:
        self._orphans: Orphans | None = None
        self._matched = frozenset[str]()
        self.found = frozenset[str]()

    @property
    def possible(self) -> bool:
        """Whether there may be any; true until the first call of ``find``."""
        return self._orphans is None or bool(self._orphans)

    def find(self, reader: OwedReader, session_ids: Collection[str]) -> frozenset[str]:
        """Search these owed sessions as well; returns all that were found so far.

        Raises:
            ConfigurationError: so many that the ids were changed in place.
        """
        if self._orphans is None:
            self._orphans = find_orphans(reader)
        if self._orphans and session_ids:
            binds = {
                **reader.selection.binds,
                "in_hand": text_array(session_ids),
                "orphans": text_array(self._orphans.refund_ids),
                "on_hold": self._orphans.on_hold,
            }
            row = reader.transaction.row(reader.mapping.statement("find_moved"), binds)
            self.found |= frozenset(row.session_ids)
            self._matched |= frozenset(row.orphans)
            self._require_few(reader, self._orphans)
        return self.found

    def compared(self, owed: OwedList) -> Iterator[OwedSession]:
        """Everything that is owed, where these are to be put on hold.

        Raises:
            ConfigurationError: so many that the ids were changed in place.
        """
        sessions = owed.iterate()
        while some := tuple(islice(sessions, _COMPARED_AT_ONCE if self.possible else 1)):
            moved = self.find(owed, [one.session_id for one in some if one.hold_reason is None])
            for session in some:
                yield session._replace(hold_reason="id_changed") if session.session_id in moved else session

    def _require_few(self, reader: OwedReader, orphans: Orphans) -> None:
        matched, gone = len(self._matched), len(orphans.refund_ids)
        if matched <= _COINCIDENCES or matched * _SURE < gone:
            return
        key = reader.mapping.key
        attempts = f", or the attempts ({key.attempt})," if reader.mapping.choices["attempt_moves"] else ""
        samples = ", ".join(sorted(self.found)[:_SAMPLES])
        raise ConfigurationError(
            f"sessions.id = {key.id}: the ids{attempts} were changed in place. Of {gone} "
            f"refunds whose sessions are gone, {matched} have the account, the amount and the moment of failure of "
            f"a session that is owed ({samples}), and would be paid again. Record the refunds under the new ids, "
            "as docs/operations.md describes: `sweeper adopt --where SQL`. A session that was never refunded is "
            "paid by `sweeper run --session ID`",
            code="key_changed",
        )
