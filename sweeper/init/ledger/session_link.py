"""How a ledger names the session: by a foreign key, a name, or a polymorphic reference."""

import re
from dataclasses import dataclass

from sweeper.init import words
from sweeper.init.evidence import Column, Evidence, Table
from sweeper.init.ledger.refund_rows import TEXT_TYPES
from sweeper.init.ledger.row_kinds import values_of
from sweeper.init.sessions.sessions import Session
from sweeper.postgres.templates import quote_text

# App\\Models\\Render, billing.Render, Billing::Render
_MODULE = re.compile(r"^.*(\\|\.|::|/|:)")


@dataclass(frozen=True)
class SessionLink:
    """The column that names the session, how certain that is, and the condition under which it does."""

    column: Column
    sure: int
    of_sessions: tuple[Column, str] | None = None
    kinds: tuple[str, ...] = ()

    @property
    def condition(self) -> str:
        """The condition that a row is about a session; empty when every row is."""
        if self.of_sessions is None:
            return ""
        return f"{self.of_sessions[0].as_sql} = {self.type_value}"

    @property
    def type_value(self) -> str:
        """What the rows about a session have beside its id, as SQL."""
        column, value = self.of_sessions or (self.column, "")
        return value if column.is_integer else quote_text(value)


def find_session_link(evidence: Evidence, table: Table, session: Session) -> SessionLink | None:
    """How the rows of a table name a session; None if they do not."""
    for reference in evidence.references(table):
        if reference.target == session.table and reference.target_column == session.key:
            return SessionLink(reference.column, 3 + reference.declared)
    # text for a uuid, or named after the last word of the table: job_id for prediction_jobs
    head = words.words(session.table.name)[-1:]
    fitting = [column for column in table.columns if column.type == session.key.type or column.type in TEXT_TYPES]
    for column in fitting:
        spoken = words.words(column.name)
        if spoken[-1:] == ("id",) and spoken[:-1] and spoken[-2:-1] == head:
            return SessionLink(column, 3)
    for column in fitting:
        work = words.words(column.name)[-1:] == ("id",) and column.words & words.WORK
        if work and not evidence.reference(column) and _proven(evidence, table, column, session):
            return SessionLink(column, 2)
    for column in fitting:
        generic = column.words & words.POLYMORPHIC
        if generic and "id" in column.words:
            of_sessions, kinds = _of_sessions(evidence, table, session, generic)
            return SessionLink(column, 1, of_sessions, kinds)
    return None


def _proven(evidence: Evidence, table: Table, column: Column, session: Session) -> bool:
    """A name alone counts only if the rows do not contradict it."""
    if column.type != session.key.type:
        return True
    return evidence.agrees(table, column, session.table, session.key) is not False


def _of_sessions(
    evidence: Evidence, table: Table, session: Session, generic: frozenset[str]
) -> tuple[tuple[Column, str] | None, tuple[str, ...]]:
    """Beside ``source_id``, the ``source_type``, its value for a session, and all of its values."""
    for column in table.columns:
        is_type = column.words & (generic | {"content"}) and column.words & {"type", "kind", "table", "model"}
        if is_type or (column.words == generic and (column.is_text or column.category == "E")):
            values = values_of(evidence, table, column)
            called = _labels(evidence, column)
            named = [value for value in values if _is_called(session.table, called.get(value, value))]
            return ((column, named[0]) if len(named) == 1 else None), tuple(values)
    return None, ()


def _labels(evidence: Evidence, column: Column) -> dict[str, str]:
    """What each key of a table of types is called, such as the model of a content type."""
    reference = evidence.reference(column)
    texts = [one for one in reference.target.columns if one.is_text] if reference else []
    called = [one for one in texts if one.words & {"model", "name", "type", "class", "table", "code"}]
    if reference is None or not called:
        return {}
    text = next((one for one in called if "model" in one.words), called[0])
    labels = evidence.rows("draft_labels", reference.target, key=reference.target_column, label=text)
    return {str(value): str(label) for value, label in labels}


def _is_called(table: Table, value: str) -> bool:
    said, name = words.words(_MODULE.sub("", value)), words.words(table.name)
    return bool(said) and said == name[-len(said) :]
