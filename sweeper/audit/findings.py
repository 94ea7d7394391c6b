"""Where every failed and stuck session stands, and what is wrong with the books: each finding is one statement."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sweeper.app.mapping import Mapping
from sweeper.audit.result import PLACES, Finding, Position
from sweeper.config.model import Settings
from sweeper.core.halving import RefusedAlone, in_halves
from sweeper.core.results import Amount
from sweeper.postgres.errors import Refusal
from sweeper.postgres.templates import heading
from sweeper.postgres.transaction import Transaction
from sweeper.sweep.owed import OwedReader
from sweeper.sweep.selection import Selection, before

_SAMPLES = 5
# each with the place of the position that it looks into, when it does: an empty one needs no second look
_FINDINGS = {
    "guard": None,
    "owed_overdue": "owed",
    "held": "held",
    "double_refund": None,
    "wrong_amount": None,
    "refunded_then_succeeded": None,
    "failed_after_refund": None,
    "balance_drift": None,
    "run_mismatch": None,
    "no_account": "held",
    "above_charge": None,
    "ambiguous_id": None,
}


@dataclass(frozen=True)
class Inspection:
    """What the position and the findings are asked: the rules of a run at ``as_of``, and the refunds of a period."""

    selection: Selection
    floor: datetime
    overdue: Selection
    since: datetime
    until: datetime

    @classmethod
    def of(cls, settings: Settings, as_of: datetime, floor: datetime, since: datetime, until: datetime) -> "Inspection":
        """As the file has it."""
        selection = Selection.of_run(settings, as_of, floor)
        # what a run would have refunded so long ago
        overdue = Selection.of_run(settings, before(as_of, settings.audit.overdue_after), floor)
        return cls(replace(selection, since=None), floor, overdue, since, until)

    def binds(self, selection: Selection) -> dict[str, object]:
        """The values for the statements, over the sessions of ``selection``."""
        return {
            **selection.binds,
            "floor": self.floor,
            "failed_overdue": self.overdue.failed_before,
            "stuck_overdue": list(self.overdue.stuck_before),
            "since": self.since,
            "until": self.until,
        }


@dataclass(frozen=True)
class _RefusedSession:
    """Stands for the row of a session that the database refuses: a run would put it on hold."""

    sample: str
    place: str = "held"
    found: int = 1
    sessions: int = 1
    credits: str = "0"
    oldest_seconds: None = None


def read_position(transaction: Transaction, mapping: Mapping, inspection: Inspection) -> Position:
    """Find out where every failed and stuck session stands."""
    places: dict[str, Amount] = defaultdict(Amount)
    oldest: list[float] = []
    for answer in _ask(transaction, mapping, inspection, "position"):
        for row in answer:
            places[row.place] += Amount(row.sessions, Decimal(row.credits))
            if row.place == "owed" and row.oldest_seconds is not None:
                oldest.append(row.oldest_seconds)
    return Position({place: places[place] for place in PLACES}, max(oldest, default=None))


def find(transaction: Transaction, mapping: Mapping, inspection: Inspection, position: Position) -> Iterator[Finding]:
    """Everything that is wrong."""
    for name, place in _FINDINGS.items():
        if place and not position.places[place].sessions:
            continue
        if name == "balance_drift" and not mapping.has_accounts:
            continue
        if name == "above_charge" and not mapping.knows_charges:
            continue
        if name == "ambiguous_id" and not mapping.has_shared_ids:
            continue
        answers = list(_ask(transaction, mapping, inspection, name))
        if name != "held":
            answers = [[row for row in answer if not isinstance(row, _RefusedSession)] for answer in answers]
        # with each of its samples a statement gives the count of all that it found
        count = sum(answer[0].found for answer in answers if answer)
        if count:
            samples = [row.sample for answer in answers for row in answer]
            meaning, _, hint = heading(name).removeprefix(f"{name}: ").partition(" To fix: ")
            yield Finding(name, count, tuple(samples[:_SAMPLES]), meaning, hint)


def _ask(transaction: Transaction, mapping: Mapping, inspection: Inspection, name: str) -> Iterator[Sequence[Any]]:
    """The answer to one statement; or several, around the rows that the database refuses."""
    statement = mapping.statement(name)

    def ask(selection: Selection) -> Sequence[Any]:
        with transaction.savepoint():
            return transaction.rows(statement, inspection.binds(selection))

    try:
        yield ask(inspection.selection)
        return
    except Refusal:
        if "%(session_ids)s" not in statement:  # it does not read sessions one by one
            raise
    for part in replace(inspection.selection, look_again=True).parts():
        for ids in _pages(transaction, mapping, part):
            for answer in in_halves(ids, lambda some: ask(inspection.selection.only(tuple(some))), Refusal):
                yield [_RefusedSession(answer.item)] if isinstance(answer, RefusedAlone) else answer


def _pages(transaction: Transaction, mapping: Mapping, selection: Selection) -> Iterator[tuple[str, ...]]:
    while places := OwedReader(transaction, mapping, selection).list_candidates():
        yield tuple(session_id for _, session_id in places)
        selection = replace(selection, after=places[-1])
