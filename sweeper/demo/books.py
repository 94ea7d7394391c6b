"""The books of the demo's app: the charges of its sessions, and whether every balance is right."""

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from sweeper.postgres.database import Database
from sweeper.postgres.timeouts import READ_TIMEOUTS
from sweeper.postgres.transaction import Row

_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Fate:
    """One way that sessions ended, and their credits."""

    name: str
    sessions: int
    charged: Decimal
    given_back: Decimal
    missing: Decimal


@dataclass(frozen=True)
class Books:
    """The books at one moment.

    ``credits_due`` is what all balances together should be; ``say_so`` sessions have a status of running,
    ``wrongly_open`` of which are dead; ``wrongly_closed`` are alive and have a status that is over.
    """

    fates: tuple[Fate, ...]
    accounts: int
    credits: int
    credits_due: int
    accounts_short: int
    accounts_over: int
    invariant_holds: int
    say_so: int
    wrongly_open: int
    wrongly_closed: int

    @property
    def total(self) -> Fate:
        return Fate(
            "together",
            sum(fate.sessions for fate in self.fates),
            sum((fate.charged for fate in self.fates), Decimal(0)),
            sum((fate.given_back for fate in self.fates), Decimal(0)),
            sum((fate.missing for fate in self.fates), Decimal(0)),
        )

    @property
    def accounts_wrong(self) -> int:
        return self.accounts_short + self.accounts_over

    @property
    def settled(self) -> bool:
        """Whether every account has exactly the credits it should have, and every session the right status."""
        return not (self.accounts_wrong or self.wrongly_open or self.wrongly_closed)


def sql(name: str) -> str:
    """A statement or script of the demo's app."""
    return (_FOLDER / f"{name}.sql").read_text(encoding="utf-8")


def read_books(database: Database) -> Books:
    """Ask the database for the books, in one snapshot."""
    with database.transaction(timeouts=READ_TIMEOUTS, read_only=True) as transaction:
        fates = transaction.rows(sql("fates"))
        balances = transaction.row(sql("balances"))
    return Books(fates=tuple(_fate(row) for row in fates), **balances._mapping)


def _fate(row: Row) -> Fate:
    return Fate(row.fate, row.sessions, *(Decimal(value) for value in (row.charged, row.given_back, row.missing)))
