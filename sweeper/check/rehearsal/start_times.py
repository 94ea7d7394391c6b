"""When sessions started: of a partitioned table a rehearsal reads only the partitions that have its sessions."""

from collections.abc import Iterable, Sequence

from sweeper.postgres.transaction import Row

# so many sessions that are spread over all partitions are read together
_TOGETHER = 100
_UNKNOWN = None, None


class StartTimes:
    """The starts of the sessions that were listed, in seconds and as the server's text."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[float | None, str | None]] = {}

    def learn(self, listed: Iterable[Row]) -> None:
        self._known.update({row.session_id: (row.epoch, row.started_at) for row in listed})

    def near_each_other(self, session_ids: Sequence[str]) -> Sequence[Sequence[str]]:
        """These sessions in parts that started near each other."""
        ordered = sorted(session_ids, key=lambda one: self._known.get(one, _UNKNOWN)[0] or 0)
        return [ordered[first : first + _TOGETHER] for first in range(0, len(ordered), _TOGETHER)]

    def bounds(self, session_ids: Sequence[str]) -> dict[str, str | None]:
        """The binds of ``parts/check/chosen.sql`` for the first and the last start; null if one is not known."""
        known = [self._known.get(one, _UNKNOWN) for one in session_ids]
        starts = sorted((epoch, text) for epoch, text in known if epoch is not None)
        first, last = (starts[0], starts[-1]) if starts and len(starts) == len(known) else (_UNKNOWN, _UNKNOWN)
        return {"first_start": first[1], "last_start": last[1]}
