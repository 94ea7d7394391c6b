"""The lines of the file about the status: certain if its values are clear words, else questions."""

from collections.abc import Mapping
from dataclasses import replace

from sweeper.config.parsing import OPEN_QUESTION
from sweeper.init import words
from sweeper.init.answers import Chooser, Line, asked
from sweeper.init.evidence import Evidence
from sweeper.init.sessions.sessions import Session
from sweeper.init.sessions.times import find_ended
from sweeper.init.words import Kind
from sweeper.postgres.templates import quote_text

_ENOUGH = 3


def without_ended(evidence: Evidence, session: Session) -> Session:
    """Doubt what a word says of work that goes on, such as active, where all rows that have it have an end."""
    status, end = session.status, find_ended(session)
    if status.column is None or end is None or end.not_null:
        return session
    doubted = []
    for value in status.statuses["running"]:
        of_value = f"{status.column.as_sql}::text = {quote_text(value)}"
        rows, ended = evidence.count_true(session.table, f"{end.as_sql} IS NOT NULL", of_value) or (0, 0)
        if rows == ended >= _ENOUGH:
            doubted.append(value)
    running = tuple(value for value in status.statuses["running"] if value not in doubted)
    sorted_values = {**status.statuses, "running": running}
    return replace(session, status=replace(status, statuses=sorted_values, unsorted=(*status.unsorted, *doubted)))


def with_statuses(session: Session, chooser: Chooser) -> Session:
    """Ask what each status means whose words do not show it."""
    kinds: list[Kind] = ["failed", "running", "succeeded"]
    status = session.status
    sorted_values = dict(status.statuses)
    counts = dict(status.counts)
    left = []
    for value in status.unsorted:
        options = [
            "in no list: never refunded",
            "failed: its charge is given back",
            "running",
            "succeeded: nothing is given back",
        ]
        rows = f" ({counts[value]} rows seen)" if counts.get(value) else ""
        named = f" ({status.labels[value]})" if value in status.labels else ""
        chosen = chooser.pick(f"What does the status {value!r}{named} mean?{rows}", options, certain=False)
        if chosen:
            sorted_values[kinds[chosen - 1]] += (value,)
        elif chosen is None:
            left.append(value)
    return replace(session, status=replace(status, statuses=sorted_values, unsorted=tuple(left)))


def status_lines(session: Session, chooser: Chooser) -> list[Line]:
    """The status and its three lists; what its words do not show is an open question."""
    status, statuses = session.status, session.statuses
    if status.column:
        column = Line("status", status.column.as_sql)
    else:
        question = "What says whether a session failed, is running, or succeeded?"
        question += f" {status.why}." if status.why else ""
        column = asked(chooser, "status", question, status.candidates)
    shown = ((_shown(value, status.labels), rows) for value, rows in status.counts)
    seen = ", ".join(f"{value} ({rows})" if rows else value for value, rows in shown)
    if not statuses["failed"]:
        what = (
            f"Which values mean that the work failed, is running, or succeeded? Seen, with rows: {seen}"
            if seen
            else "No value of the status is known. Which mean that the work failed, is running, or succeeded?"
        )
        failed = Line("failed", (OPEN_QUESTION,), question=what)
        numbers = bool(status.column and status.column.is_integer) or status.column is None
        # a status without a known word may be any of the three
        known = {kind: (*statuses[kind], OPEN_QUESTION) if status.unsorted else statuses[kind] for kind in statuses}
        lists = [Line(kind, (OPEN_QUESTION,) if numbers else known[kind]) for kind in ("running", "succeeded")]
        return [column, failed, *lists]
    # a status that has ended is not running; with another word it may be anything
    ended = all(words.has_ended(value) for value in status.unsorted)
    also = {"failed": bool(status.unsorted), "running": not ended, "succeeded": bool(status.unsorted)}
    listed = {kind: (*values, OPEN_QUESTION) if also[kind] else values for kind, values in statuses.items()}
    failed = Line("failed", listed["failed"], "closing a stuck session writes the first of these")
    if status.unsorted:
        counts = dict(status.counts)
        left = ", ".join(
            f"{_shown(value, status.labels)} ({counts[value]} rows)" if counts.get(value)
            else _shown(value, status.labels)
            for value in status.unsorted
        )  # fmt: skip
        question = (
            f"Where does each of these belong: {left}? In `failed` if its charge is to be given back, in `succeeded` "
            "if not, in `running` if the work may still go on, in no list if it is never to be refunded. Then remove "
            'each "?".'
        )
        failed = replace(failed, question=question)
    running, succeeded = Line("running", listed["running"]), Line("succeeded", listed["succeeded"])
    if status.column and status.column.is_integer and status.labels:  # with what each of the numbers means
        return [column, *(_numbered(line, status.labels) for line in (failed, running, succeeded))]
    return [column, failed, running, succeeded]


def _shown(value: str, labels: Mapping[str, str]) -> str:
    return f"{value} = {labels[value]}" if value in labels else value


def _numbered(line: Line, labels: Mapping[str, str]) -> Line:
    called = ", ".join(_shown(value, labels) for value in line.value if value in labels)
    comment = "; ".join(filter(None, (called, line.comment)))
    return replace(line, comment=comment, bare=True)
