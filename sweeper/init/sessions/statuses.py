"""Finds the status of a session: a column of words or numbers, flags, or the newest row of an event table."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from sweeper.init import words
from sweeper.init.answers import Candidate
from sweeper.init.evidence import Column, Evidence, Table, expression
from sweeper.init.values import labels_of
from sweeper.init.words import Kind

STATUS_NAMES = {"status": 4, "state": 4, "phase": 2, "stage": 2, "outcome": 1, "result": 1}
_KIND_WEIGHTS: dict[Kind, int] = {"failed": 4, "running": 2, "succeeded": 2}
_EVENTS = frozenset({"event", "history", "transition", "log", "change", "update", "state", "status"})
# plainer words first, because closing a stuck session writes the first one
_PLAIN_FAILURES = frozenset({"failed", "error", "failure", "errored"})
_CALLED = frozenset({"code", "slug", "name", "key", "status", "state", "label"})
_MOST_VALUES = 40
_MOST_TEXTS = 6
# what ended is not the work
_OF_THE_ROW = frozenset({"deleted", "archived", "blocked", "refunded", "request", "requested", "voided"})
_NO_STATUS = words.ERROR | words.NOTE | {"id", "url", "name", "email", "prompt", "title", "key"}


@dataclass(frozen=True)
class Status:
    """How the status of a row is found in a table; without a column it is a question, possibly with candidates.

    ``counts`` has each value with the number of rows seen. ``unsorted`` are those whose words do not show what they
    mean. ``labels`` are what another table calls them.
    """

    column: Column | None
    score: int
    statuses: dict[Kind, tuple[str, ...]] = field(
        default_factory=lambda: {"failed": (), "running": (), "succeeded": ()}
    )
    unsorted: tuple[str, ...] = ()
    counts: tuple[tuple[str, int], ...] = ()
    candidates: tuple[Candidate, ...] = ()
    why: str = ""
    labels: dict[str, str] = field(default_factory=dict)


def find_status(evidence: Evidence, table: Table) -> Status | None:
    found = [
        _read_column(evidence, table, column)
        for column in table.columns
        if _may_be_status(column) or _refers_to_states(evidence, column)
    ]
    if not any(status.statuses["failed"] for status in found):
        found += _by_values(evidence, table, found)
    if found:
        best = max(found, key=lambda status: status.score)
        rival = next((one for one in found if one is not best and _says_the_same(best, one)), None)
        return _of_two(best, rival) if rival else best
    return _from_events(evidence, table) or _from_flags(table)


def _says_the_same(one: Status, other: Status) -> bool:
    """Whether two columns have the same states, such as one of an operator and one of the worker."""
    assert one.column is not None  # noqa: S101 - both were read from one
    assert other.column is not None  # noqa: S101
    mine, theirs = ({value for value, _ in status.counts} for status in (one, other))
    return (
        bool(mine & theirs)
        and one.column.type == other.column.type
        and bool(one.column.labels or len(mine & theirs) > 1)
    )


def _of_two(best: Status, rival: Status) -> Status:
    """Two columns may be the status, and one may override the other, so neither is certain."""
    assert best.column is not None  # noqa: S101 - both were read from one
    assert rival.column is not None  # noqa: S101
    one, other = best.column, rival.column
    names = (one.as_sql, other.as_sql)
    found = [Candidate(f"coalesce({b}, {a})", f"{b} wins where it is set") for a, b in (names, names[::-1])]
    found += [Candidate(name, "alone") for name in names]
    counts = tuple({**dict(rival.counts), **dict(best.counts)}.items())
    why = f"two columns have the same states: {', '.join(names)}"
    return Status(None, best.score, counts=counts, candidates=tuple(found), why=why)


def is_event_table(evidence: Evidence, table: Table) -> bool:
    """Whether the table's rows are only states of another table's rows.

    A row with a price, or with times of its own such as sent and delivered, is not: a log of messages is paid work.
    """
    return (
        bool(table.words & _EVENTS)
        and not _lives(table)
        and any(
            reference.target != table
            and not reference.target.words & words.OWNER  # an owner, and not an event
            and not any(_may_be_status(column) for column in reference.target.columns)
            for reference in evidence.references(table)
        )
    )


def _lives(table: Table) -> bool:
    priced = any(words.speaks_of_price(c.words) > 0 for c in table.columns if c.is_number and not c.is_unique)
    return priced or sum(c.is_time and not c.words & {"updated", "modified"} for c in table.columns) > 2


def _may_be_status(column: Column) -> bool:
    named = bool(set(STATUS_NAMES) & column.words)
    if column.is_integer:
        return bool({"status", "state"} & set(words.words(column.name)[-1:])) and not column.is_unique
    return column.category == "E" or (column.is_text and named)


def _by_values(evidence: Evidence, table: Table, known: list[Status]) -> Iterator[Status]:
    """Text columns of any name whose values include a word for failure and a word for another state."""
    seen = {status.column for status in known}
    texts = [
        column
        for column in table.columns
        if column.is_text and not column.is_unique and column not in seen and not column.words & _NO_STATUS
    ]
    for column in sorted(texts, key=lambda one: not one.literals)[:_MOST_TEXTS]:
        status = _read_column(evidence, table, column)
        if status.statuses["failed"] and (status.statuses["running"] or status.statuses["succeeded"]):
            yield status


def _refers_to_states(evidence: Evidence, column: Column) -> bool:
    """Whether a column refers to a table of states."""
    reference = evidence.reference(column)
    if reference is None or column.is_unique or not {"status", "state"} & (column.words | reference.target.words):
        return False
    return any(one.is_text for one in reference.target.columns)


def _read_column(evidence: Evidence, table: Table, column: Column) -> Status:
    counts: dict[str, int] = dict.fromkeys((*column.labels, *column.literals), 0)
    counts |= {str(value): int(rows) for value, rows in evidence.rows("sample_values", table, column=column)}
    few = len(counts) < _MOST_VALUES  # a text column with as many values as rows is not a status
    named = max((weight for name, weight in STATUS_NAMES.items() if name in column.words), default=0)
    # payment_status, email_status: the state of something else
    about = column.words - set(STATUS_NAMES) - table.words - words.WORK
    foreign = bool(about) + 4 * bool(about & (words.OTHER_BUSINESS | words.OTHER_MONEY | words.OTHER_STATE))
    labels = labels_of(evidence, column, _CALLED) if _refers_to_states(evidence, column) else {}
    counts |= {value: 0 for value in labels if value not in counts}
    values = list(counts)
    if column.is_integer and not labels:
        return Status(
            column, 1 + named - foreign, unsorted=tuple(sorted(values, key=len)), counts=tuple(counts.items())
        )
    if not few:
        return Status(column, named - foreign - 4, labels=labels)
    sorted_values: dict[Kind, tuple[str, ...]] = {"failed": (), "running": (), "succeeded": ()}
    sorted_labels = words.sort_statuses([labels.get(value, value) for value in values], table.words)
    kinds = {value: sorted_labels[labels.get(value, value)] for value in values}
    for value, kind in kinds.items():
        if kind:
            sorted_values[kind] += (value,)
    known = sum(_KIND_WEIGHTS[kind] for kind, listed in sorted_values.items() if listed)
    plain = [value for value in sorted_values["failed"] if labels.get(value, value).lower() in _PLAIN_FAILURES]
    sorted_values["failed"] = tuple(dict.fromkeys((*plain, *sorted_values["failed"])))
    unsorted = tuple(value for value in values if kinds[value] is None)
    return Status(column, known + named - foreign, sorted_values, unsorted, tuple(counts.items()), labels=labels)


def _from_events(evidence: Evidence, table: Table) -> Status | None:
    """The newest row of a table with the states of this one."""
    for events in evidence.tables:
        if not events.words & _EVENTS or _lives(events):
            continue
        refers = next((found for found in evidence.references(events) if found.target == table), None)
        states = [column for column in events.columns if _may_be_status(column)]
        times = [column for column in events.columns if column.is_time]
        if refers is None or not states or not times or events.key is None:
            continue
        read = max((_read_column(evidence, events, column) for column in states), key=lambda status: status.score)
        assert read.column is not None  # noqa: S101 - it was read from one
        sql = expression(
            "newest_event", state=read.column, events=events, session=refers.column, key=refers.target_column,
            time=times[0], event_key=events.key,
        )  # fmt: skip
        newest = Candidate(sql, f"the newest row of {events.as_sql}")
        why = f"the table has no column of it; {events.as_sql} has its states"
        return Status(None, 4, counts=read.counts, candidates=(newest,), why=why)
    return None


def _from_flags(table: Table) -> Status | None:
    """Flags and times that show that a session failed, succeeded or ended otherwise."""
    failed, done, ended = [], [], []
    for column in table.columns:
        if not (column.is_flag or (column.is_time and not column.not_null)):
            continue
        kinds = {words.sort_word(word) for word in column.words} - {None, "running"}
        if kinds == {"failed"}:
            failed.append(column)
        elif kinds == {"succeeded"}:
            done.append(column)
        elif words.has_ended(column.name) and not column.words & _OF_THE_ROW:
            ended.append(column)
    left = [c for c in table.columns if c.is_integer and c.words & words.LEFT and not c.words & words.CREDITS]
    failures = list(_tests(failed)) or [f"NOT {column.as_sql}" for column in done if column.is_flag][:1]
    if not failures:
        return None
    ends = list(_tests(done)) + [f"{column.as_sql} = 0" for column in left]
    slots = {"failed": " OR ".join(failures), "done": " OR ".join(ends) or "false"}
    if ended:
        sql = expression("status_of_ended_flags", **slots, ended=" OR ".join(_tests(ended)))
        meaning = "'failed', 'ended', 'done' or 'open'; close by [sessions.close]; 'ended' belongs in a list, too"
    else:
        sql = expression("status_of_flags", **slots)
        meaning = "'failed', 'done' or 'open'; close by [sessions.close]"
    why = "no column has it in one; these may: " + ", ".join(c.as_sql for c in (*failed, *ended, *done, *left))
    return Status(None, 2 if failed else 0, candidates=(Candidate(sql, meaning),), why=why)


def _tests(columns: list[Column]) -> Iterator[str]:
    return (column.as_sql if column.is_flag else f"{column.as_sql} IS NOT NULL" for column in columns)
