"""Turns certain lines into questions where rows were hidden, or not every query of them finished in time."""

from collections.abc import Sequence
from dataclasses import replace

from sweeper.config.parsing import OPEN_QUESTION
from sweeper.core.text import some, word_set
from sweeper.init.answers import Candidate, Line, Section
from sweeper.init.evidence import Evidence, Table

_RESTS_ON_ROWS = word_set(
    "sessions.account sessions.charged sessions.exclude sessions.timezone accounts.table accounts.id accounts.balance "
    "accounts.spent accounts.invariant ledger.table ledger.session ledger.where"
)
_MOST = 6
_QUESTION = "Rows that would show it could not be looked at in the time that a draft may take. Is this right?"
_HIDDEN = "Rows that would show it are hidden from this role. Is this right?"


def hidden_tables(evidence: Evidence, session: Table) -> tuple[str, ...]:
    """The tables, beside the sessions table, whose rows row-level security hides from this role."""
    return tuple(table.as_sql for table in evidence.tables if table.hides_rows and table.schema == session.schema)


def hidden_note(tables: Sequence[str]) -> str:
    """A note for the user on a draft that was made without seeing rows."""
    return (
        f"Row-level security hides the rows of {some(tables, _MOST)} from this role: the draft rests on names "
        "and types. Run it again as the owner of the tables, or as a role that has BYPASSRLS: `sweeper init --force`."
    )


def ask_unproven(sections: list[Section], hidden: Sequence[str]) -> list[Section]:
    """The sections, with a question in place of each line that depends on rows."""
    question = _HIDDEN if hidden else _QUESTION
    return [
        replace(section, lines=tuple(_ask(section, line, question) for line in section.lines)) for section in sections
    ]


def _ask(section: Section, line: Line, question: str) -> Line:
    known = isinstance(line.value, str) and not line.is_open and not line.proposed
    if not known or f"{section.name}.{line.key}" not in _RESTS_ON_ROWS:
        return line
    found = Candidate(str(line.value), line.comment or "by its name and type alone")
    return replace(line, value=OPEN_QUESTION, comment="", question=question, candidates=(found,))
