"""What is left of a draft when not every look at rows was answered in time: what rests on rows is asked."""

from dataclasses import replace

from sweeper.config.parsing import OPEN_QUESTION
from sweeper.init.answers import Candidate, Line, Section

_RESTS_ON_ROWS = frozenset(
    {
        "sessions.account", "sessions.charged", "sessions.exclude", "sessions.timezone", "accounts.table",
        "accounts.id", "accounts.balance", "accounts.spent", "accounts.invariant", "ledger.table", "ledger.session",
        "ledger.where",
    }
)  # fmt: skip
_QUESTION = "The rows could not be looked at in the time that a draft may take. Is this right?"


def ask_unproven(sections: list[Section]) -> list[Section]:
    """The sections, with a question in place of each fact that rests on rows."""
    return [replace(section, lines=tuple(_ask(section, line) for line in section.lines)) for section in sections]


def _ask(section: Section, line: Line) -> Line:
    known = isinstance(line.value, str) and not line.is_open and not line.proposed
    if not known or f"{section.name}.{line.key}" not in _RESTS_ON_ROWS:
        return line
    found = Candidate(str(line.value), line.comment or "by its name and type alone")
    return replace(line, value=OPEN_QUESTION, comment="", question=_QUESTION, candidates=(found,))
