"""One table of the app's transactions: which of its rows are refunds and charges of sessions."""

from dataclasses import dataclass

from sweeper.config.parsing import OPEN_QUESTION
from sweeper.init import words
from sweeper.init.evidence import Column, Evidence, Table
from sweeper.init.ledger.row_kinds import code_columns
from sweeper.init.ledger.session_link import SessionLink, count_linked
from sweeper.init.sessions.sessions import Session


@dataclass(frozen=True)
class Charge:
    """Which rows of a ledger charge a session, and the sign that makes their amount positive."""

    sign: str
    condition: str


@dataclass(frozen=True)
class Ledger:
    """A table of the app's transactions that names the session.

    ``refunds`` is the condition of a refund, without what says that it is of a session; None when nothing shows it.
    ``doubts`` are the reasons why there may not be one row for each session. ``names_sessions`` is false when there are
    refund rows and no row names a session: they may be refunds of something else. ``nameless`` says how many refund
    rows name nothing at all, so that no condition finds what they are of; empty if none.
    """

    table: Table
    link: SessionLink
    amount: Column
    kind: Column | None
    refunds: str | None
    charges: tuple[Charge, ...]
    known: dict[str, str]
    signed: bool
    score: int
    refund_kinds: tuple[str, ...] = ()
    also_up: tuple[str, ...] = ()  # kinds that may be refunds, too, by the sign of their rows
    wider: str = ""  # the condition with those; empty if nothing speaks for it
    doubts: tuple[str, ...] = ()
    nameless: str = ""
    linked: bool = True
    names_sessions: bool = True
    let_go: str = ""
    named: int = 0  # how many of the newest rows name a session

    @property
    def where(self) -> str:
        """Which rows are refunds of a session; an open question if neither a kind nor a sign shows it."""
        if self.refunds is None:
            return OPEN_QUESTION
        if not self.link.condition:
            return self.refunds
        return f"{self.refunds} AND {self.link.condition}" if self.refunds != "true" else self.link.condition

    @property
    def is_silent(self) -> bool:
        """Whether nothing in it distinguishes a refund from a charge: perhaps it has no refunds at all."""
        return self.refunds is None and self.kind is None and not code_columns(self.table, self.link.column)

    @property
    def state(self) -> Column | None:
        """What says whether a row is pending or has been paid."""
        return next((c for c in self.table.columns if c.words & {"status", "state"} and c != self.kind), None)

    @property
    def mark(self) -> str | None:
        """A mark that sweeper writes to its own rows, for the net recipe."""
        json = next((column for column in self.table.columns if column.type == "jsonb"), None)
        note = next((c for c in self.table.columns if c.is_text and c.words & words.NOTE and c != self.kind), None)
        if json:
            return f"{json.as_sql} ? 'swept'"
        return f"{note.as_sql} = 'swept'" if note else None


def compare_rows(evidence: Evidence, session: Session, ledger: Ledger, condition: str) -> tuple[int, ...]:
    """As `count_linked`, of the rows of a ledger."""
    return count_linked(evidence, session, ledger.table, ledger.link.column, condition)


def session_key(session: Session, ledger: Ledger) -> str:
    """The key of a session, in the type of the ledger's link."""
    link = ledger.link.column
    return f"s.{session.key.as_sql}" + ("" if link.type == session.key.type else f"::{link.type}")
