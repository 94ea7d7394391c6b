"""Marks of a refund on a session's own row, and sessions that have one and would still be paid."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sweeper.app.catalog import JSON_TYPES, TIME_TYPES, Column
from sweeper.check.rehearsal.samples import Samples, ids_of
from sweeper.check.rehearsal.words import GIVEN_BACK, REFERENCE, speaks_of_refund
from sweeper.postgres.templates import Slots, quote_text
from sweeper.postgres.transaction import Row

# words for a refund that was not made, or only in part
_NOT_MADE = re.compile(
    r"able|eligib|request|polic|allow|pending|due|want|fail|den(y|ied)|reject|until|deadline|partial|window|(?<!en)tr(y|ies)"
    r"|attempt|lock|error|need|should|to_|auto|enabled|expire|non|never|no_|not_|scheduled|ask|review",
    re.IGNORECASE,
)
_NO_AMOUNT = re.compile(r"rate|ratio|percent|fee|version|max|limit", re.IGNORECASE)
# a column beside the status for the state of the charge, and its values when that was refunded
_OF_CHARGE = re.compile(r"bill|payment|credit|charge|refund|settle|reserv|hold|debit|escrow", re.IGNORECASE)
_WORDS = (
    r"^(refunded|released|returned|reversed|rolled[ _-]?back|credited[ _-]?back|given[ _-]?back|reimbursed|restored"
    r"|void|voided|freed)$"
)
_ENOUGH, _FEW, _SETTLED, _JSON_AT_MOST = 3, 5, 10, 4
_KEYS = ("text", "character varying", "uuid")
_MARKS = ("boolean", *TIME_TYPES, "date")


@dataclass(frozen=True)
class Mark:
    """A column, or a key of JSON in one, and the condition under which it says that a session was refunded."""

    column: Column
    number: bool = False
    words: bool = False
    json_key: str = ""

    @property
    def name(self) -> str:
        return f"{self.column.name} ->> {self.json_key}" if self.json_key else self.column.name

    def read(self, samples: Samples, session_ids: Sequence[str]) -> list[Row]:
        """The sessions, of those given, that have the mark."""
        return samples.read(
            "find_marked", session_ids, column=self.column, flag=self.column.is_flag, number=self.number,
            words=_WORDS if self.words else "", json_key=self.json_key and quote_text(self.json_key),
        )  # fmt: skip


def number_above_zero(samples: Samples, column: Column, session_ids: Sequence[str]) -> list[Row]:
    """The sessions, of those given, with a number above zero in a column."""
    return Mark(column, number=True).read(samples, session_ids)


def mark_columns(samples: Samples, *, noted: bool = True) -> list[Column]:
    """The columns whose names say that the app has refunded a session, and that this role may read."""
    return samples.columns(samples.sessions, lambda one: one.base_type in _MARKS and _says(one), noted=noted)


def _says(column: Column) -> bool:
    """Whether the name of a column says that a refund was made."""
    return speaks_of_refund(column.name) and not _NOT_MADE.search(column.name)


def says_how_much(column: Column) -> bool:
    """Whether a column says by its name how much was refunded."""
    return column.is_number and _says(column) and not _NO_AMOUNT.search(column.name)


def number_marks(samples: Samples, *, read: bool = False) -> list[Mark]:
    """Columns whose names say how much the app has refunded; only with ``read`` also those that the file reads."""
    known = "" if read else samples.file_says("amount", "charged")

    def fits(one: Column) -> bool:
        of_refunds = one.is_number and not one.generated and _says(one) and not _NO_AMOUNT.search(one.name)
        return of_refunds and one.name.lower() not in known

    return [Mark(column, number=True) for column in samples.columns(samples.sessions, fits)]


def find_marks(samples: Samples, session_ids: Sequence[str]) -> Iterator[Mark]:
    """Everything in a session's row that may be a mark: columns by their names, words, and keys of JSON."""
    sessions = samples.sessions
    yield from map(Mark, mark_columns(samples))
    yield from number_marks(samples)
    status = sessions.column(samples.own.status)
    states = samples.columns(sessions, lambda one: one.is_word and one != status and _OF_CHARGE.search(one.name))
    yield from (Mark(column, words=True) for column in states)
    with_json = [column for column in sessions.columns.values() if column.base_type in JSON_TYPES][:_JSON_AT_MOST]
    with_json = [] if samples.mapping.is_by_account else with_json
    for column in samples.seen(sessions, with_json):
        given = {"column": column, "number": False, "of_ledger": False, "words": GIVEN_BACK}
        rows = samples.read("list_json_keys", session_ids, **given)
        names = {row.name for row in rows if not _NOT_MADE.search(row.name)}
        yield from (Mark(column, json_key=name) for name in sorted(names))


def _is_of_success(samples: Samples, mark: Mark, marked: int, known: int) -> bool:
    """Whether sessions of each status that succeeded have a mark as often as those that failed: it is of no refund.

    One such status alone may be that of canceled work, which the app refunds as well.
    """
    settled = samples.settled_ids()
    statuses = {row.session_id: row.status for row in samples.look_at(settled)}
    sessions = Counter(statuses.values())
    often = Counter(statuses.get(row.session_id) for row in mark.read(samples, settled))
    return any(count >= _SETTLED for count in sessions.values()) and all(
        often[status] * known * 2 >= marked * count for status, count in sessions.items() if count >= _FEW
    )


def unwritten_marks(samples: Samples, session_ids: Sequence[str]) -> dict[str, list[str]]:
    """Marks on sessions that the app refunded which a refund of ours would not set."""
    written = {samples.sessions.column(text) for text in samples.own.refunded}
    found = {}
    # to the refund itself, such as refund_transaction_id
    links = samples.columns(
        samples.sessions, lambda one: one.base_type in _KEYS and REFERENCE.search(one.name) and _says(one)
    )
    for mark in (*find_marks(samples, session_ids), *map(Mark, links)):
        column = mark.column
        if column in written or column.generated:
            continue
        rows = ids_of(mark.read(samples, session_ids))
        if (
            len(rows) >= _ENOUGH
            and not _is_of_success(samples, mark, len(rows), len(session_ids))
            and not (column in links and set(rows) & set(samples.list_owed()))
        ):
            found[mark.name] = rows
    return found


def marked_and_unpaid(samples: Samples, session_ids: Sequence[str]) -> dict[str, list[str]]:
    """By column, which of these sessions have the mark and would still be paid."""
    unpaid = [one.session_id for one in samples.look_at(session_ids) if one.unpaid and one.is_owed and one.is_charged]
    return _marked(samples, find_marks(samples, session_ids), unpaid, len(session_ids))


def named_marks(samples: Samples, session_ids: Sequence[str]) -> dict[str, list[str]]:
    """Columns of the sessions themselves that say refunded, with those of these sessions that have them set."""
    named = samples.columns(samples.sessions, lambda one: one.base_type in (*_MARKS, "uuid") and _says(one))
    marks = {mark.name: mark for mark in (*find_marks(samples, session_ids), *map(Mark, named))}
    found = _marked(samples, marks.values(), session_ids, len(session_ids))
    return {f"{samples.sessions.name}.{name}": marked for name, marked in found.items()}


def _marked(samples: Samples, marks: Iterable[Mark], session_ids: Sequence[str], known: int) -> dict[str, list[str]]:
    """By mark, those of these sessions that have it; without marks that are usual where work succeeded."""
    found = {mark.name: (mark, mark.read(samples, session_ids)) for mark in marks}
    return {
        name: ids_of(rows)
        for name, (mark, rows) in found.items()
        if rows and not _is_of_success(samples, mark, len(rows), known)
    }


def written_columns(samples: Samples, key: str, values: Mapping[str, str]) -> dict[Column, Slots]:
    """The columns of a session's row as they are once the ``values`` of a section of the file are written to them."""
    sessions = samples.sessions
    written = {samples.reader.column(key, text, sessions).name: value for text, value in values.items()}
    changed = sessions.recomputed(written)
    return {
        column: {
            "column": column.quoted,
            "column_type": column.full_type,
            "value": written[name] + "\n" if name in written else "",  # it may end with a comment
            "computed": changed.get(name, ""),
        }
        for name, column in sessions.columns.items()
    }
