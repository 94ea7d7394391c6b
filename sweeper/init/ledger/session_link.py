"""How a ledger names the session: by a foreign key, a name, or a polymorphic reference."""

from dataclasses import dataclass

from sweeper.init import words
from sweeper.init.evidence import Column, Evidence, Table, same_type, typed_link
from sweeper.init.ledger.refund_rows import TEXT_TYPES
from sweeper.init.sessions.sessions import Session, has_price
from sweeper.init.values import labels_of, values_of
from sweeper.postgres.templates import quote_text

_MOST_KINDS = 8
_CALLED = frozenset({"model", "name", "type", "class", "table", "code"})


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
    def also(self) -> str:
        """The same, to be added to another condition."""
        return f" AND {self.condition}" if self.condition else ""

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
    fitting = [column for column in table.columns if column.type == session.key.type or column.type in TEXT_TYPES]
    link = _by_name(evidence, table, fitting, session)
    link = link or next((SessionLink(c, 2) for c in fitting if _holds_ids(evidence, table, c, session)), None)
    return link or _by_other_key(evidence, table, session)


def _by_other_key(evidence: Evidence, table: Table, session: Session) -> SessionLink | None:
    """A column that is called like another key of the session, and holds it, such as a provider's id of the job."""
    for key in session.table.keys:
        for column in table.columns:
            alike = column.name == key.name and same_type(column, key) and not key.is_integer and key != session.key
            if alike and evidence.agrees(table, column, session.table, key) and evidence.has_several(table, column):
                return SessionLink(column, 2)
    return None


def _by_name(evidence: Evidence, table: Table, fitting: list[Column], session: Session) -> SessionLink | None:
    # text for a uuid, or named after the last word of the table: job_id for prediction_jobs
    head = words.words(session.table.name)[-1:]
    for column in fitting:
        spoken = words.words(column.name)
        if spoken[-1:] == ("id",) and spoken[:-1] and spoken[-2:-1] == head:
            return SessionLink(column, 3)
    for column in fitting:
        work = words.words(column.name)[-1:] == ("id",) and column.words & words.WORK
        if work and evidence.agrees(table, column, session.table, session.key) is not False:
            return SessionLink(column, 2)
    for column in fitting:
        if column.words & words.POLYMORPHIC and "id" in column.words:
            return SessionLink(column, 1, *_of_sessions(evidence, table, session, column))
    for column in fitting:
        of_sessions, kinds = _of_sessions(evidence, table, session, column, of_pair=True)
        if of_sessions and not evidence.reference(column):
            return SessionLink(column, 1, of_sessions, kinds)
    return None


def _holds_ids(evidence: Evidence, table: Table, column: Column, session: Session) -> bool:
    """Whether a column of any name has ids of sessions: numbers prove nothing, a few uuids do, most of other texts."""
    if session.key.is_integer or column.is_primary or column.words & (words.NOTE | words.KIND):
        return False
    if evidence.reference(column):
        return False
    linked = f"s.{column.as_sql} IS NOT NULL"
    rows, known, _ = count_linked(evidence, session, table, column, linked) or (0, 0, 0)
    return known > 1 and (known * 2 > rows or session.key.type == "uuid")


def count_linked(evidence: Evidence, session: Session, table: Table, column: Column, condition: str) -> tuple[int, ...]:
    """Of the newest rows that the condition selects: how many there are, how many name a session, the most for one.

    Empty as for `Evidence.rows`.
    """
    return evidence.counts(
        "draft_refund_rows", table, session=column, sessions=session.table, session_key=session.key,
        typed=typed_link("line", session.key), refunds=condition,
    )  # fmt: skip


def _of_sessions(
    evidence: Evidence, table: Table, session: Session, link: Column, *, of_pair: bool = False
) -> tuple[tuple[Column, str] | None, tuple[str, ...]]:
    """Beside ``source_id``, the ``source_type``, its value for a session, and all of its values.

    ``of_pair``: only where the two are called alike, such as ``pointable_type`` beside ``pointable_id``.
    """
    generic = link.words & words.POLYMORPHIC
    for column in table.columns:
        said = column.words & {"type", "kind", "table", "model"} and column.words & (generic | {"content"})
        is_type = words.says_kind_of(column.words, link.words) if of_pair else said
        if is_type or (generic and column.words == generic and (column.is_text or column.category == "E")):
            values = values_of(evidence, table, column)
            called = labels_of(evidence, column, _CALLED)
            named = [value for value in values if words.names_table(called.get(value, value), session.table.name)]
            named = named or _by_values(evidence, table, session, link, column, values)
            return ((column, named[0]) if len(named) == 1 else None), tuple(values)
    return None, ()


def _by_values(
    evidence: Evidence, table: Table, session: Session, link: Column, column: Column, values: list[str]
) -> list[str]:
    """The values beside which ids are those of sessions, if each is beside sessions alone or beside none."""
    if session.key.is_integer or len(values) > _MOST_KINDS:
        return []
    found = []
    for value in values:
        told = f"{column.as_sql}::text = {quote_text(value)} AND s.{link.as_sql} IS NOT NULL"
        rows, known, _ = count_linked(evidence, session, table, link, told) or (0, 0, 0)
        if 0 < known < rows:
            return []
        found += [value] if known > 1 else []
    return found


def has_price_of(evidence: Evidence, one: Session, other: Session) -> bool:
    """Whether each row of ``one`` has a price and a row of ``other``, which has none: that may be a job in a queue."""
    if has_price(other) or not has_price(one):
        return False
    links = [link.column for link in evidence.references(one.table) if link.target == other.table]
    counted = [count_linked(evidence, other, one.table, link, f"s.{link.as_sql} IS NOT NULL") for link in links]
    return any(looked and looked[0] == looked[1] and looked[2] == 1 for looked in counted)
