"""The parts of a draft: lines that are known, and open questions with all possible answers."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from sweeper.config.parsing import OPEN_QUESTION
from sweeper.init.evidence import Evidence, Table

_EXAMPLES = 3
_PARTS_OF_SECONDS = re.compile(r"(?<=\d\d:\d\d:\d\d)\.\d+")


@dataclass(frozen=True)
class Candidate:
    """An expression, what it is, and what it gives for real rows; ``looked_at`` is negative before it is tried."""

    sql: str
    meaning: str
    examples: tuple[tuple[str, str | None], ...] = ()
    looked_at: int = -1
    nulls: int = 0


@dataclass(frozen=True)
class Line:
    """One key of the file.

    ``question`` and ``candidates`` are written when the value is open. ``proposed`` lines are written as comments, for
    the user to uncomment. The values of a ``bare`` line are numbers.
    """

    key: str
    value: str | tuple[str, ...]
    comment: str = ""
    question: str = ""
    candidates: tuple[Candidate, ...] = ()
    notes: tuple[str, ...] = ()
    proposed: bool = False
    bare: bool = False

    @property
    def is_open(self) -> bool:
        """Whether the user has to answer it."""
        return not self.proposed and (self.value == OPEN_QUESTION or OPEN_QUESTION in tuple(self.value))


@dataclass(frozen=True)
class Section:
    """One table of the file, or the notes that say why there is nothing to write.

    ``tail`` is text at its end.
    """

    name: str
    lines: tuple[Line, ...] = ()
    notes: tuple[str, ...] = ()
    comment: str = ""
    tail: str = ""


@dataclass(frozen=True)
class Draft:
    """The whole file, and for the summary which tables it uses for what.

    ``hidden_tables`` are those beside the sessions whose rows row-level security hides from this role.
    """

    sections: tuple[Section, ...]
    taken: Mapping[str, str] = field(default_factory=dict)
    hidden_tables: tuple[str, ...] = ()

    @property
    def open_questions(self) -> list[str]:
        return [f"{section.name}.{line.key}" for section in self.sections for line in section.lines if line.is_open]


class Chooser(Protocol):
    def pick(self, question: str, options: Sequence[str], *, certain: bool) -> int | None:
        """The index of the right option; the best option comes first.

        ``certain``: nothing in the database contradicts the first. None leaves the question open.
        """

    def answer(self, question: str, candidates: Sequence[Candidate]) -> str | None:
        """The SQL that is right; None leaves the question open."""


def unknown(key: str, question: str, candidates: Sequence[Candidate] = (), *notes: str) -> Line:
    return Line(key, OPEN_QUESTION, question=question, candidates=tuple(candidates), notes=notes)


def asked(chooser: Chooser, key: str, question: str, candidates: Sequence[Candidate], *notes: str) -> Line:
    """A line that the user answers now, or later by editing the file."""
    answer = chooser.answer(question, candidates) if candidates else None
    return Line(key, answer) if answer else unknown(key, question, candidates, *notes)


def try_all(evidence: Evidence, table: Table, condition: str, candidates: Sequence[Candidate]) -> list[Candidate]:
    """The candidates, each with what it gives for the newest rows that the condition selects."""
    return [_tried(evidence, table, condition, candidate) for candidate in candidates]


def _tried(evidence: Evidence, table: Table, condition: str, candidate: Candidate) -> Candidate:
    if table.key is None:
        return candidate
    tried = evidence.rows("try_expression", table, expression=candidate.sql, condition=condition)
    rows = [(str(key), None if value is None else str(value)) for key, value in tried]
    examples = sorted(rows, key=lambda row: row[1] is None)[:_EXAMPLES]
    nulls = sum(value is None for _, value in rows)
    return Candidate(candidate.sql, candidate.meaning, tuple(examples), len(rows), nulls)


def describe(candidate: Candidate) -> list[str]:
    """What a candidate gives for real rows, a line each."""
    if candidate.looked_at < 0:
        return []
    if not candidate.looked_at:
        return ["no row to try it on, or none in five seconds"]
    shown = [
        f"{key}: {'null' if value is None else _PARTS_OF_SECONDS.sub('', value)}" for key, value in candidate.examples
    ]
    return shown + ([f"null on {candidate.nulls} of {candidate.looked_at}"] if candidate.nulls else [])


def none_first(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The candidates; those that give nothing for any row come last."""
    return sorted(candidates, key=lambda c: c.looked_at > 0 and c.nulls == c.looked_at)
