"""Which sessions a run looks at, and the binds of its statements."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Literal, Self

from sweeper.app.mapping import Mapping
from sweeper.config.model import Settings
from sweeper.postgres.binds import BY_SWEEPER, text_array
from sweeper.sweep.shards import ShardMap

# a position in the order of a sweep: started_at and session id, both as the server's text
Place = tuple[str | None, str]
_BEGINNING = datetime.min.replace(tzinfo=UTC)


class Starts:
    """The start times of a page's sessions, in page order, as the server's text, which may sort differently."""

    def __init__(self, session_ids: Sequence[str], starts: Sequence[str | None]) -> None:
        self._starts = starts
        # an id that occurs twice is not paid
        self._places = {session_id: place for place, session_id in enumerate(session_ids)}

    def around(self, session_ids: Sequence[str]) -> tuple[str | None, str | None]:
        """The first and the last start of some of them; None if one is not known."""
        places = [self._places.get(session_id, -1) for session_id in session_ids]
        if not places or min(places) < 0 or self._starts[min(places)] is None or self._starts[max(places)] is None:
            return None, None
        return self._starts[min(places)], self._starts[max(places)]


def before(moment: datetime, duration: timedelta) -> datetime:
    """``moment`` less ``duration``, but not before the earliest time that Python has."""
    try:
        return moment - duration
    except OverflowError:
        return _BEGINNING


def _stuck_before(as_of: datetime, limit: timedelta | None) -> datetime | None:
    return None if limit is None else before(as_of, limit)


@dataclass(frozen=True)
class Selection:
    """The sessions to look at, from a position on; ``after`` is the position before the first of them.

    ``stuck_before`` has a moment for each of the ``running`` statuses, None for a status that is never stuck.
    ``in_history`` is whether most of them were settled long ago. What was owed by ``missing_until`` may have been
    refunded by a run whose refunds somebody deleted. ``first_charge`` is when the earliest session started that has a
    charge in the app's books, None where no session is older, or that is not known. Of partitioned
    sessions, ``ambiguous`` are ids that several have since the ``floor``, and ``starts`` are known, so that a batch
    does not read other partitions. Where Citus has sessions by account, ``shard_map`` knows the node of each, and ids
    that several accounts have are ambiguous, too. ``moved`` are sessions that seem to have been refunded under another
    id. ``named`` is whether the operator named the sessions, ``all_started`` whether the server lets none be without
    a start.
    """

    as_of: datetime
    failed_before: datetime
    stuck_before: tuple[datetime | None, ...]
    running: tuple[str, ...]
    since: datetime | None
    until: datetime | None = None
    dates: Literal["known", "unknown"] = "known"
    session_ids: tuple[str, ...] | None = None
    look_again: bool = False
    in_history: bool = False
    payable_again: bool = False
    after: Place | None = None
    max_amount: Decimal | None = None
    missing_until: datetime | None = None
    first_charge: datetime | None = None
    floor: datetime | None = None
    ambiguous: frozenset[str] = frozenset()
    moved: frozenset[str] = frozenset()
    named: bool = False
    all_started: bool = False
    starts: Starts | None = None
    shard_map: ShardMap | None = None

    @classmethod
    def of_run(cls, settings: Settings, as_of: datetime, floor: datetime) -> Self:
        """Everything after the floor."""
        policy, running = settings.policy, tuple(settings.sessions.running)
        return cls(
            as_of=as_of,
            failed_before=before(as_of, policy.grace),
            stuck_before=tuple(_stuck_before(as_of, settings.stuck_after(status)) for status in running),
            running=running,
            since=floor,
            floor=floor,
            max_amount=policy.max_amount,
        )

    def full(self) -> Self:
        """A full sweep: sessions on hold are looked at again."""
        return replace(self, look_again=True, in_history=True)

    def earlier(self, floor: datetime) -> Self:
        return replace(self, since=None, until=floor, floor=None, look_again=False, first_charge=None)

    def only(self, session_ids: tuple[str, ...]) -> Self:
        """Only these sessions, within the same bounds."""
        return replace(self, session_ids=session_ids, after=None, in_history=False, starts=None)

    def by_hand(self, session_ids: tuple[str, ...], *, payable_again: bool) -> Self:
        """Sessions that the operator named: floor and grace do not apply, and a hold is looked at again.

        A session whose refund was taken back is paid again where it is ``payable_again``.
        """
        return replace(
            self.only(session_ids),
            since=None,
            floor=None,
            failed_before=datetime.max.replace(tzinfo=UTC),
            look_again=True,
            payable_again=payable_again,
            named=True,
        )

    def parts(self) -> tuple[Self, ...]:
        """The same in parts that can each be paged: a session without a start has no position."""
        alone = self.all_started or self.until is not None
        return (self,) if alone else (self, replace(self, dates="unknown"))

    @cached_property
    def binds(self) -> dict[str, object]:
        """The binds of ``parts/in_reach.sql``, ``verdict.sql`` and ``hold_reason.sql``."""
        started_at, session_id = self.after or (None, None)
        return {
            "as_of": self.as_of,
            "elapsed": timedelta(0),
            "failed_before": self.failed_before,
            "stuck_before": list(self.stuck_before),
            **dict.fromkeys(("since", "paid_since", "newest_since"), self.since or "-infinity"),
            "until": self.until,
            "dates": self.dates,
            "session_ids": None if self.session_ids is None else text_array(self.session_ids),
            "look_again": self.look_again,
            "payable_again": self.payable_again,
            "after_started_at": started_at,
            "after_id": session_id,
            "max_amount": self.max_amount,
            "missing_until": self.missing_until,
            "first_charge": self.first_charge,
            "budget": None,
            "account_ids": text_array(()),
            "floor": self.floor or "-infinity",
            "ambiguous": text_array(self.ambiguous),
            "moved": text_array(self.moved),
            **self.bounds(()),
        }

    def bounds(self, session_ids: Sequence[str]) -> dict[str, object]:
        """Where these sessions are: between which starts, as texts, and in which accounts of Citus."""
        first, last = self.starts.around(session_ids) if self.starts else (None, None)
        accounts = text_array(self.shard_map.accounts(session_ids)) if self.shard_map and session_ids else None
        return {"first_start": first, "last_start": last, "accounts": accounts}


def binds_for_nobody(selection: Selection, mapping: Mapping, run_id: str) -> dict[str, object]:
    """Binds for planning the statement that pays, for no session."""
    return {
        **selection.binds,
        "in_hand": "{}",
        **mapping.nobody,
        "refund_ids": "{}",
        "run_id": run_id,
        **BY_SWEEPER,
    }
