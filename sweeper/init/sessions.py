"""Which table holds the paid work: ranked by its status values, its references, its columns and its name."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from sweeper.init import words
from sweeper.init.evidence import KEY_TYPES, Column, Evidence, Table
from sweeper.init.words import Kind
from sweeper.postgres.templates import quote_text

_STATUS_NAMES = {"status": 4, "state": 4, "phase": 2, "stage": 2, "outcome": 1, "result": 1}
_KIND_WEIGHTS: dict[Kind, int] = {"failed": 4, "running": 2, "succeeded": 2}
_PART = 5
_LOOKED_AT = 12  # tables whose rows are looked at
# plainer words first: closing a stuck session writes the first of the failed
_PLAIN_FAILURES = ("failed", "error", "failure", "errored")


@dataclass(frozen=True)
class Session:
    """A table that may hold the sessions, and what its status column can say."""

    table: Table
    key: Column
    status: Column
    statuses: dict[Kind, tuple[str, ...]]
    unsorted: tuple[str, ...]
    score: int

    def column(self, fits: Callable[[Column], bool], names: tuple[frozenset[str], ...]) -> Column | None:
        """The column that fits, by the first of ``names`` whose words are all in its name; the shortest name wins."""
        for wanted in names:
            found = [column for column in self.table.columns if fits(column) and wanted <= column.words]
            if found:
                return min(found, key=lambda column: (len(column.words), len(column.name)))
        return None

    @property
    def failed_condition(self) -> str:
        """The condition that a row is a failed session; any session where no status is known to be that."""
        failed = ", ".join(quote_text(status) for status in self.statuses["failed"])
        return f"s.{self.status.as_sql}::text IN ({failed})" if failed else "true"


def find_sessions(evidence: Evidence) -> list[Session]:
    """The tables that may hold the sessions, the likeliest first."""
    by_name = sorted(
        ((_score_columns(evidence, table) + _score_name(table), table) for table in evidence.tables if table.key),
        key=lambda scored: -scored[0],
    )
    found = []
    for score, table in by_name[:_LOOKED_AT]:
        ranked = [_read_statuses(evidence, table, column, score) for column in table.columns if _may_be_status(column)]
        if ranked:
            found.append(max(ranked, key=lambda session: session.score))
    found = _without_parts(evidence, found)
    return sorted((session for session in found if session.score >= 6), key=lambda session: -session.score)


def _without_parts(evidence: Evidence, found: list[Session]) -> list[Session]:
    """A step, a try or one model's answer has a status too; what is paid is the work that it belongs to."""
    whole = {session.table.oid for session in found if session.statuses["failed"] and session.statuses["running"]}
    return [
        replace(session, score=session.score - _PART)
        if any(reference.target.oid in whole - {session.table.oid} for reference in evidence.references(session.table))
        else session
        for session in found
    ]


def _may_be_status(column: Column) -> bool:
    return column.category == "E" or (column.is_text and bool(set(_STATUS_NAMES) & column.words))


def _score_name(table: Table) -> int:
    spoken = words.words(table.name)
    head = spoken[-1] if spoken else ""
    return 2 * (head in words.WORK) - 4 * (head in words.OTHER_BUSINESS)


def _score_columns(evidence: Evidence, table: Table) -> int:
    columns = table.columns
    score = min(2, sum(bool(column.words & words.WORK_TRACES) for column in columns))
    score += 2 * any(column.is_text and column.words & words.ERROR for column in columns)
    score += any(column.is_time for column in columns)
    score += 2 * any(words.speaks_of_price(column.words) > 0 for column in columns if column.is_number)
    score += 2 * any(_names_an_owner(evidence, column) for column in columns)
    # a ledger that refers to this table was made for it
    score += 3 * any(
        reference.target == table and _looks_like_ledger(other)
        for other in evidence.tables
        for reference in evidence.references(other)
    )
    return score


def _names_an_owner(evidence: Evidence, column: Column) -> bool:
    reference = evidence.reference(column)
    if reference is None:
        return bool(column.words & words.OWNER) and column.type in KEY_TYPES
    return bool((column.words | reference.target.words) & words.OWNER)


def _looks_like_ledger(table: Table) -> bool:
    return bool(table.words & words.LEDGER) and any(c.is_number and c.words & words.DELTA for c in table.columns)


def _read_statuses(evidence: Evidence, table: Table, column: Column, score: int) -> Session:
    said = list(column.labels or column.literals)
    assert table.key is not None  # noqa: S101 - only such tables are looked at
    if not column.labels:
        slots = {"column": column.as_sql, "table": table.as_sql, "key": table.key.as_sql}
        said += [str(row[0]) for row in evidence.rows("sample_values", slots)]
    values = list(dict.fromkeys(said))
    # a text column with as many values as rows is no status
    few = len(values) < 40
    sorted_values: dict[Kind, tuple[str, ...]] = {"failed": (), "running": (), "succeeded": ()}
    kinds = words.sort_statuses(values, table.words)
    for value, kind in kinds.items():
        if kind:
            sorted_values[kind] += (value,)
    known = sum(_KIND_WEIGHTS[kind] for kind, listed in sorted_values.items() if listed)
    named = max((weight for name, weight in _STATUS_NAMES.items() if name in column.words), default=0)
    # payment_status, email_status: the state of something else
    about = column.words - set(_STATUS_NAMES) - table.words - words.WORK
    foreign = bool(about) + 4 * bool(about & (words.OTHER_BUSINESS | words.OTHER_MONEY | words.OTHER_STATE))
    sorted_values["failed"] = tuple(sorted(sorted_values["failed"], key=_plainness))
    return Session(
        table=table,
        key=table.key,
        status=column,
        statuses=sorted_values if few else {"failed": (), "running": (), "succeeded": ()},
        unsorted=tuple(value for value in values if kinds[value] is None) if few else (),
        score=score + (known if few else -4) + named - foreign,
    )


def _plainness(status: str) -> int:
    low = status.lower()
    return _PLAIN_FAILURES.index(low) if low in _PLAIN_FAILURES else len(_PLAIN_FAILURES)
