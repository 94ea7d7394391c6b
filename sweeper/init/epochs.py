"""Times that are numbers: seconds, or milliseconds, since 1970."""

from collections.abc import Sequence

from sweeper.init.answers import Candidate, try_all
from sweeper.init.evidence import Evidence
from sweeper.init.sessions import Session
from sweeper.postgres.templates import fill_expression

_EXPRESSIONS = {"seconds": "of_epoch", "milliseconds": "of_milliseconds"}


def epochs(evidence: Evidence, session: Session, names: Sequence[str]) -> list[Candidate]:
    """The number columns with these names that hold recent times, with an expression that converts them."""
    found: list[tuple[int, Candidate]] = []
    for column in session.table.columns:
        if not column.is_number or not column.words & set(names):
            continue
        slots = {"column": column.as_sql, "table": session.table.as_sql, "key": session.key.as_sql}
        looked = evidence.rows("draft_epochs", slots)
        unit = str(looked[0][0]) if looked else ""
        if unit in _EXPRESSIONS:
            place = names.index(next(name for name in names if name in column.words))
            sql = fill_expression(_EXPRESSIONS[unit], slots)
            found.append((place, Candidate(sql, f"{column.as_sql} has {unit} since 1970")))
    found.sort(key=lambda one: one[0])
    return try_all(evidence, session.table, "true", [candidate for _, candidate in found])
