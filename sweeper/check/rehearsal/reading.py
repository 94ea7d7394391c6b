"""Reads what an item of the rehearsal needs, bounded, and without the rows that the database refuses."""

from collections.abc import Callable, Iterable, Sequence
from collections.abc import Mapping as Mapped
from contextlib import ExitStack, nullcontext, suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import TypeVar

from sweeper.app.catalog import Column, Table
from sweeper.app.mapping import Mapping
from sweeper.app.reader import Reader
from sweeper.app.transactions import app_transaction
from sweeper.check.context import CheckContext
from sweeper.check.rehearsal.start_times import StartTimes
from sweeper.config.model import SessionsSection, Settings
from sweeper.core.halving import RefusedAlone, in_halves
from sweeper.postgres.binds import text_array
from sweeper.postgres.errors import Refusal, StatementError, TooSlow
from sweeper.postgres.templates import Choices, Slots, binds_of, slots_of
from sweeper.postgres.timeouts import Timeouts
from sweeper.postgres.transaction import Row, Transaction

T = TypeVar("T")
# it stops after this many rows that the database refuses
_REFUSED_AT_MOST = 20
# statements that give no more than a row for each session: those of many partitions may be read in parts
_OF_EACH = ("list_texts", "look_at_newest", "read_amounts")
# once a statement has taken too long, others need not take as long to show the same, such as a missing index
_TIMEOUTS, _SHORT_TIMEOUTS = Timeouts(statement_ms=10_000), Timeouts(statement_ms=2_000)
# the errors of a statement that the database refuses, or that takes too long; the second for one whose rows alone may
# be at fault, where what a role may not read has to be reported
UNANSWERED, ROWS_UNANSWERED = (Refusal, StatementError, TooSlow), (Refusal, TooSlow)


@dataclass(frozen=True)
class Reading:
    """Reads rows for one item, in one snapshot."""

    context: CheckContext
    _opened: ExitStack

    @property
    def mapping(self) -> Mapping:
        return self.context.mapping

    @property
    def settings(self) -> Settings:
        return self.context.settings

    @property
    def own(self) -> SessionsSection:
        """What the file says of the sessions."""
        return self.settings.sessions

    @property
    def sessions(self) -> Table:
        return self.mapping.sessions

    @property
    def accounts(self) -> Table | None:
        return self.mapping.accounts

    @cached_property
    def transaction(self) -> Transaction:
        """The transaction, which begins when the first statement needs it: often others have asked all of them."""
        context = self.context
        timeouts = _SHORT_TIMEOUTS if context.known.get("slow") else _TIMEOUTS
        return self._opened.enter_context(app_transaction(context.database, context.mapping, timeouts, read_only=True))

    @cached_property
    def reader(self) -> Reader:
        """What compares names of the file with the catalog."""
        return Reader(self.transaction, self.mapping.schema)

    @property
    def failed(self) -> tuple[str, ...]:
        """The ids of the newest failed sessions."""
        return self._newest(running=False)

    @property
    def running(self) -> tuple[str, ...]:
        return self._newest(running=True)

    def live(self, limit: int | None = None) -> list[str]:
        """Both, at most ``limit`` of each."""
        return [*self.failed[:limit], *self.running[:limit]]

    def _newest(self, *, running: bool) -> tuple[str, ...]:
        """The ids of the newest sessions that run, or that failed.

        Raises:
            TooSlow: finding them takes too long, as it may before the index on them is there.
        """

        def find() -> tuple[str, ...]:
            with self.transaction.savepoint():
                rows = self.transaction.rows(statement, {"running": running, "newest": self.context.newest})
            self.learn_starts(rows)
            return tuple(row.session_id for row in rows)

        statement = self.mapping.statement("list_newest")
        return self.once(("newest", running), find)

    def read(self, statement: str, session_ids: Sequence[str], **given: object) -> list[Row]:
        """The rows that ``statement`` gives for these sessions, without those of a session that the database refuses.

        Raises:
            Refusal, StatementError: it refuses one after the other.
        """
        text, binds = self._filled(statement, given)
        apart = self.mapping.is_bounded and statement in _OF_EACH
        parts = self.starts.near_each_other(session_ids) if apart else [session_ids]
        key = text, tuple(session_ids), repr(binds)
        return [*self.once(key, lambda: self._in_order(text, session_ids, parts, binds))]

    def _in_order(
        self, text: str, session_ids: Sequence[str], parts: Sequence[Sequence[str]], binds: Mapped[str, object]
    ) -> list[Row]:
        """The rows, in the order of the sessions, so that the samples in messages are the same each time."""

        def ask(some: Sequence[str]) -> Sequence[Row]:
            with self.transaction.savepoint():
                return self.transaction.rows(text, {**self.chosen(some), **binds})

        found, refused = list[Row](), 0
        for answer in chain.from_iterable(in_halves(part, ask, Refusal, StatementError) for part in parts):
            if isinstance(answer, RefusedAlone):
                refused += 1
                if refused > _REFUSED_AT_MOST or getattr(answer.error, "code", "") == "privilege":
                    raise answer.error
            else:
                found += answer
        if found and hasattr(found[0], "session_id"):
            places = {session_id: place for place, session_id in enumerate(session_ids)}
            found.sort(key=lambda row: places.get(row.session_id, len(places)))
        return found

    @property
    def starts(self) -> StartTimes:
        return self.once("starts", StartTimes)

    def learn_starts(self, listed: Sequence[Row]) -> None:
        """Remember when sessions that a statement lists started, if that tells their partitions."""
        if self.mapping.is_bounded:
            self.starts.learn(listed)

    def chosen(self, session_ids: Sequence[str]) -> dict[str, object]:
        """The binds of a statement that reads these sessions."""
        binds: dict[str, object] = {"session_ids": text_array(session_ids), "as_of": self.context.as_of}
        return {**binds, **self.starts.bounds(session_ids)} if self.mapping.is_bounded else binds

    def ask(self, statement: str, **given: object) -> Sequence[Row]:
        """The rows of a statement over other tables than the sessions."""
        return self._rows(*self._filled(statement, given))

    def try_read(self, statement: str, session_ids: Sequence[str], **given: object) -> list[Row]:
        """As `read`; empty where the database refuses it, or takes too long: then nothing is shown."""
        with suppress(*UNANSWERED):
            return self.read(statement, session_ids, **given)
        return []

    def try_ask(
        self, statement: str, unanswered: tuple[type[Exception], ...] = UNANSWERED, /, **given: object
    ) -> Sequence[Row]:
        """As `ask`; empty where that ends in an error of the kinds ``unanswered``: then nothing is shown."""
        with suppress(*unanswered):
            return self._rows(*self._filled(statement, given), apart=True)
        return []

    def _filled(self, statement: str, given: Mapped[str, object]) -> tuple[str, dict[str, object]]:
        """A statement and its binds: what is given goes where the statement has its name, be it a bind, slot or choice.

        Tables and columns are given by their names as SQL, those that are repeated with a number each; None is a column
        that is not there. Beside the slot ``key`` of a column, ``key_eq`` compares its values and ``key_type`` is
        their type.
        """
        slots = {name: one for name, value in given.items() if (one := _as_sql(value)) is not None}
        wanted = slots_of(statement) - self.mapping.slots.keys()
        for name, column in given.items():
            if isinstance(column, Column) and f"{name}_eq" in wanted:
                slots[f"{name}_eq"] = self.equal(column)
            if isinstance(column, Column) and f"{name}_type" in wanted:
                slots[f"{name}_type"] = column.full_type
        choices: Choices = {name: _as_choice(value) for name, value in given.items()}
        names = binds_of(statement)
        binds = {name: value for name, value in given.items() if name in names}
        return self.mapping.statement(statement, slots, choices), binds

    def _rows(self, text: str, binds: Mapped[str, object], *, apart: bool = False) -> Sequence[Row]:
        """The rows of a statement; one that is sent ``apart`` may fail without ending the transaction."""

        def ask() -> Sequence[Row]:
            with self.transaction.savepoint() if apart else nullcontext():
                return self.transaction.rows(text, binds)

        return self.once((text, repr(binds)), ask)

    def once(self, key: object, work: Callable[[], T]) -> T:
        """What ``work`` gives, which is done once in a rehearsal.

        Raises:
            TooSlow: it takes too long, or has done so before.
        """
        known = self.context.known
        if key not in known:
            try:
                known[key] = work()
            except TooSlow as slow:
                known[key] = slow
                known["slow"] = True
        found: T | TooSlow = known[key]
        if isinstance(found, TooSlow):
            raise found
        return found

    def file_says(self, *keys: str) -> str:
        """Some expressions of ``[sessions]`` together, in lower case, to look for names in them."""
        return " ".join(filter(None, (getattr(self.own, key) for key in keys))).lower()

    def expression(self, key: str, text: str | None) -> str:
        """An expression of ``[sessions]`` as SQL over a session, s; null where the file does not have it.

        Raises:
            ConfigurationError: it is not one.
        """
        if text is None:
            return "NULL"
        return self.reader.expression(f"sessions.{key}", text, self.sessions).sql

    def equal(self, column: Column) -> str:
        """The operator that compares the values of a column, as SQL."""
        return self.reader.equality("table", column.quoted, column.full_type).equal


def _as_sql(value: object) -> str | None:
    """What goes into a slot; None for what is no part of a statement."""
    if isinstance(value, Column | Table):
        return value.quoted if isinstance(value, Column) else value.qualified
    return "" if value is None else value if isinstance(value, str) else None


def _as_choice(value: object) -> bool | Sequence[Slots]:
    if not isinstance(value, list | tuple):
        return bool(value)
    return column_items(value) if all(isinstance(one, Column) for one in value) else value


def column_items(columns: Iterable[Column]) -> list[Slots]:
    """Columns that a statement repeats something for, each with its number."""
    return [{"column": column.quoted, "place": str(place)} for place, column in enumerate(columns)]
