"""What every check gets."""

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sweeper.app.catalog import Column
from sweeper.app.mapping import Mapping
from sweeper.check.result import Check, warning
from sweeper.config.model import Settings
from sweeper.install.state import Installation
from sweeper.postgres.database import Database
from sweeper.postgres.errors import Busy, TooSlow
from sweeper.postgres.timeouts import Timeouts
from sweeper.postgres.transaction import Transaction

TIMEOUTS = Timeouts(statement_ms=30_000)
_NEWEST = 1000


@dataclass(frozen=True)
class CheckContext:
    """The mapping as it was read, what is installed, and on which database."""

    database: Database
    settings: Settings
    mapping: Mapping
    installation: Installation | None
    role: str
    as_of: datetime
    is_brief: bool = False
    """Whether a run waits for it, again and again until one has paid: then only a part of a large table is read."""
    newest: int = _NEWEST
    """How many of the newest sessions of a kind a rehearsal reads."""
    missing: str = ""
    """The columns that sweeper's own tables lack: if any, nothing else of them is read."""
    known: dict[object, Any] = field(default_factory=dict, compare=False, repr=False)
    """What a rehearsal has read and worked out so far, because several items need the same: see `Samples.once`."""
    hidden: dict[str, list[str]] = field(default_factory=dict, compare=False, repr=False)
    """The columns that an item of the rehearsal needs and this role may not read, by table, as SQL."""
    out_of_sight: list[str] = field(default_factory=list, compare=False, repr=False)
    """Other tables that it may not read, and that nothing links to sessions."""

    @property
    def has_heartbeat(self) -> bool:
        """Whether a sign of life is mapped that is more than the start."""
        own = self.settings.sessions
        return own.active_at is not None and self._meant(own.active_at) != self._meant(own.started_at)

    @property
    def knows_failure(self) -> bool:
        """Whether grace counts from anything later than the start."""
        own = self.settings.sessions
        return self._meant(own.failed_at or own.active_at or own.started_at) != self._meant(own.started_at)

    @property
    def reads_own_tables(self) -> bool:
        """Whether sweeper's own tables are there in their current form, and lack nothing."""
        return self.installation is not None and self.installation.is_current and not self.missing

    @property
    def reads_a_part(self) -> bool:
        """Whether a statement without an index to use reads only some of the sessions."""
        return self.is_brief and not self.mapping.is_sharded

    def _meant(self, text: str) -> Column | str:
        return self.mapping.sessions.column(text) or text.strip()

    def reading(self) -> AbstractContextManager[Transaction]:
        return reading(self.database, self.mapping.search_path, self.mapping.timezone)


def reading(
    database: Database, search_path: str | None = None, timezone: str = "UTC"
) -> AbstractContextManager[Transaction]:
    return database.transaction(timeouts=TIMEOUTS, search_path=search_path, timezone=timezone, read_only=True)


def not_checked(problem: Busy | TooSlow) -> Check:
    """An item that could not be checked now, and may be later."""
    if isinstance(problem, Busy):
        return warning("not checked: the app's tables are locked as a whole just now", "sweeper check")
    return warning("not checked: reading it took too long", "sweeper check, when the server is less busy")
