"""The state of every failed and stuck session, and what is wrong with the books: each finding is one statement."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sweeper.app.mapping import Mapping
from sweeper.audit.past import partly_refunded
from sweeper.audit.result import PLACES, Finding, Lost, Position
from sweeper.config.model import Settings
from sweeper.core.halving import RefusedAlone, in_halves
from sweeper.core.results import Amount
from sweeper.postgres.binds import text_array
from sweeper.postgres.errors import Refusal
from sweeper.postgres.templates import heading
from sweeper.postgres.transaction import Row, Transaction
from sweeper.sweep.owed import OwedReader
from sweeper.sweep.selection import Selection, before

_SAMPLES = 5
# up to as many sessions that are not in the ledger are read by their ids
_FEW = 10_000
_ACCOUNTS_AT_ONCE = 10_000
_FINDINGS = (
    "guard", "owed_overdue", "held", "double_refund", "wrong_amount", "refunded_then_succeeded", "failed_after_refund",
    "balance_drift", "run_mismatch", "no_account", "above_charge", "ambiguous_id", "partly_refunded",
)  # fmt: skip
# those whose candidates `screen` counts
_SCREENED = ("wrong_amount", "failed_after_refund", "refunded_then_succeeded")


@dataclass(frozen=True)
class Inspection:
    """The parameters of position and findings: the rules of a run at ``as_of``, and the period of the refunds."""

    settings: Settings
    selection: Selection
    floor: datetime
    overdue: Selection
    since: datetime
    until: datetime

    @classmethod
    def of(cls, settings: Settings, as_of: datetime, floor: datetime, since: datetime, until: datetime) -> "Inspection":
        selection = Selection.of_run(settings, as_of, floor)
        # what a run would have refunded by then
        overdue = Selection.of_run(settings, before(as_of, settings.audit.overdue_after), floor)
        return cls(settings, replace(selection, since=None), floor, overdue, since, until)

    def binds(self, selection: Selection) -> dict[str, object]:
        return {
            **selection.binds,
            "floor": self.floor,
            "failed_overdue": self.overdue.failed_before,
            "stuck_overdue": list(self.overdue.stuck_before),
            "since": self.since,
            "until": self.until,
            "only_accounts": None,
        }


@dataclass(frozen=True)
class _RefusedSession:
    """Takes the place of the row of a session that the database refuses: a run would put it on hold."""

    sample: str
    place: str = "held"
    found: int = 1
    sessions: int = 1
    credits: str = "0"
    oldest_seconds: None = None
    month: None = None
    reason: None = None
    overdue: int = 0
    without_account: int = 0


@dataclass(frozen=True)
class _RefusedAccount:
    """Takes the place of the row of an account for which the app's rule fails."""

    sample: str
    found: int = 1


@dataclass(frozen=True)
class Standing:
    """The state of every failed and stuck session, and how many candidates there are for each finding."""

    position: Position
    overdue: int
    without_account: int
    pointless: dict[str, bool]
    """For each finding about refunds that was already searched for, whether nothing was found."""


def read_standing(transaction: Transaction, mapping: Mapping, inspection: Inspection) -> Standing:
    places: dict[str, Amount] = defaultdict(Amount)
    lost: dict[tuple[str, str], Amount] = defaultdict(Amount)
    oldest: list[float] = []
    overdue = without_account = 0
    unsettled = _unsettled(transaction, mapping, inspection)
    for row in (row for answer in _ask(transaction, mapping, unsettled, "position") for row in answer):
        amount = Amount.of(row)
        places[row.place] += amount
        overdue += row.overdue if row.place == "owed" else 0
        without_account += row.without_account if row.place == "held" else 0
        if row.place == "before_floor":
            lost[row.month, row.reason] += amount
        if row.place == "owed" and row.oldest_seconds is not None:
            oldest.append(row.oldest_seconds)
    screened = _screen(transaction, mapping, inspection)
    if screened is None:
        for row in (row for answer in _ask(transaction, mapping, inspection, "refunded") for row in answer):
            places[row.place] += Amount.of(row)
    else:
        places["refunded"] += Amount.of(screened)
    position = Position(
        {place: places[place] for place in PLACES},
        max(oldest, default=None),
        tuple(Lost(month, reason, lost[month, reason]) for month, reason in sorted(lost)),
    )
    pointless = {} if screened is None else {name: not getattr(screened, name) for name in _SCREENED}
    return Standing(position, overdue, without_account, pointless)


def find(transaction: Transaction, mapping: Mapping, inspection: Inspection, standing: Standing) -> Iterator[Finding]:
    pointless = {
        "owed_overdue": not standing.overdue,
        "held": standing.position.places["held"].sessions <= standing.without_account,
        "no_account": not standing.without_account,
        "balance_drift": not mapping.has_accounts,
        "above_charge": not mapping.knows_charges,
        "ambiguous_id": not mapping.has_shared_ids,
        "partly_refunded": not mapping.lists["ledger_amount"],
        **standing.pointless,
    }
    for name in _FINDINGS:
        if pointless.get(name):
            continue
        if name == "balance_drift":
            answers = list(_ask_of_accounts(transaction, mapping, inspection))
        else:
            answers = list(_ask(transaction, mapping, inspection, name))
        if name != "held":
            answers = [[row for row in answer if not isinstance(row, _RefusedSession)] for answer in answers]
        # a statement returns the total number with each of its samples
        count = sum(answer[0].found for answer in answers if answer)
        if count:
            samples = [row.sample for answer in answers for row in answer]
            meaning, _, hint = heading(name).removeprefix(f"{name}: ").partition(" To fix: ")
            yield Finding(name, count, tuple(samples[:_SAMPLES]), meaning, hint)


def _unsettled(transaction: Transaction, mapping: Mapping, inspection: Inspection) -> Inspection:
    """Of the sessions that are not in the ledger alone, while they are few."""
    if mapping.is_by_account:  # all nodes would be asked for each id
        return inspection
    try:
        with transaction.savepoint():
            binds = {**inspection.binds(inspection.selection), "page_size": _FEW}
            ids = transaction.rows(mapping.statement("list_unsettled"), binds)
    except Refusal:
        return inspection
    if len(ids) > _FEW:
        return inspection
    return replace(inspection, selection=inspection.selection.only(tuple(row.session_id for row in ids)))


def _screen(transaction: Transaction, mapping: Mapping, inspection: Inspection) -> Row | None:
    """The result of one query over all refunds; None if it may count one twice, or the database refuses a row."""
    if transaction.rows(mapping.statement("guard")):
        return None
    try:
        with transaction.savepoint():
            return transaction.row(mapping.statement("screen"), inspection.binds(inspection.selection))
    except Refusal:
        return None


def _ask(transaction: Transaction, mapping: Mapping, inspection: Inspection, name: str) -> Iterator[Sequence[Any]]:
    """The result of one statement; or several, without the rows that the database refuses."""
    if name == "partly_refunded":
        statement = partly_refunded(transaction, mapping, inspection.settings)
    else:
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
    every = replace(inspection.selection, look_again=True)
    # pages in the order of the ids have those without a start, too
    by_id = not OwedReader(transaction, mapping, every).can_read_starts()
    for part in (every,) if by_id else every.parts():
        for ids in _pages(transaction, mapping, part):
            for answer in in_halves(ids, lambda some: ask(inspection.selection.only(some)), Refusal):
                yield [_RefusedSession(answer.item)] if isinstance(answer, RefusedAlone) else answer


def _ask_of_accounts(transaction: Transaction, mapping: Mapping, inspection: Inspection) -> Iterator[Sequence[Any]]:
    """The accounts of which the app's rule is not true; each for which it fails is a result of its own."""
    binds = inspection.binds(inspection.selection)

    def ask(accounts: tuple[str, ...] | None) -> Sequence[Any]:
        only = None if accounts is None else text_array(accounts)
        with transaction.savepoint():
            return transaction.rows(mapping.statement("balance_drift"), {**binds, "only_accounts": only})

    try:
        yield ask(None)
    except Refusal:
        for account_ids in _account_pages(transaction, mapping):
            for answer in in_halves(account_ids, ask, Refusal):
                yield [_RefusedAccount(answer.item)] if isinstance(answer, RefusedAlone) else answer


def _account_pages(transaction: Transaction, mapping: Mapping) -> Iterator[tuple[str, ...]]:
    statement, after = mapping.statement("list_accounts"), None
    while rows := transaction.rows(statement, {"after": after, "page_size": _ACCOUNTS_AT_ONCE}):
        yield tuple(row.account_id for row in rows)
        after = rows[-1].account_id


def _pages(transaction: Transaction, mapping: Mapping, selection: Selection) -> Iterator[tuple[str, ...]]:
    while places := OwedReader(transaction, mapping, selection).list_candidates():
        yield tuple(session_id for _, session_id in places)
        selection = replace(selection, after=places[-1])
