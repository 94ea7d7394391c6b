"""What a refund writes to the session's own row, besides its status: SQL over the refund and over the row, ``s``."""

import re
from collections.abc import Mapping

from sweeper.app.catalog import Column, Table, problem, without_literals
from sweeper.app.distribution import zone_between
from sweeper.app.over_refund import REFUND_NAMES, require_qualified
from sweeper.app.reader import Reader
from sweeper.app.slots.facts import Facts
from sweeper.app.status import Status
from sweeper.config.model import SessionsSection
from sweeper.core.errors import ConfigurationError
from sweeper.postgres.templates import Slots, fill_part, items_of, quote_text

# its type becomes that of its column without a cast, unless a query is in between
_LITERAL = re.compile(r"'(?:[^']|'')*'|[Ee]'(?:[^'\\]|\\.|'')*'|null", re.IGNORECASE)


def mark_slots(reader: Reader, own: SessionsSection, sessions: Table, status: Status, slots: Slots) -> Facts:
    """The columns of a session that closing, refunding, and taking a refund back set.

    Raises:
        ConfigurationError: a column cannot be written, or is one that the sweep itself sets or knows the session by; a
            value is not SQL over the refund and the session.
    """
    writer = _Writer(reader, sessions, status, slots, own.timezone)
    refunded = writer.values("sessions.refunded", own.refunded)
    closing = writer.values("sessions.close", own.close)
    # a stuck session is closed and refunded in one update: for a column that both set, the refund's value is used
    closing = {**{column: item for column, item in closing.items() if column not in refunded}, **refunded}
    taken_back = writer.values("sessions.reversed", own.reversed)
    written = [*closing.values(), *taken_back.values()]
    return Facts(
        {"touched_column": _touched(sessions, status, slots["key"])},
        {
            "closing": list(closing.values()),
            "refunded": list(refunded.values()),
            "reversed": list(taken_back.values()),
            "unmarks": bool(taken_back),
            "closes": status.written or bool(closing),
            "closing_beside": any(item["beside"] for item in closing.values()),
            "refunded_beside": any(item["beside"] for item in refunded.values()),
            "refund_names": _names(),
            "written": [{**item, "name": f"value_{number}"} for number, item in enumerate(written)],
        },
    )


def kept_columns(sessions: Table, known: Facts) -> set[str]:
    """The columns of a session that no refund changes, by what is ``known`` of it, even as they are generated."""
    written = {known.slots["status_column"], *(item["column"] for item in items_of(known.choices, "closing"))}
    names = {name for name, column in sessions.columns.items() if column.quoted in written}
    changed = names | sessions.recomputed(names).keys()
    return {column.quoted for name, column in sessions.columns.items() if name not in changed}


def _names() -> list[Slots]:
    return [{"name": name} for name in REFUND_NAMES]


def _touched(sessions: Table, status: Status, key: str) -> str:
    """The column that is set to itself to touch a row: the key, unless the database generates it."""
    writable = [
        column.quoted for column in sessions.columns.values() if not column.generated and column != status.column
    ]
    return key if key in writable or not writable else writable[0]


class _Writer:
    """Reads what a section of the file writes to the session's row."""

    def __init__(self, reader: Reader, sessions: Table, status: Status, slots: Slots, timezone: str) -> None:
        self._reader, self._sessions, self._status = reader, sessions, status
        self._key = slots["key"]
        self._timezone = timezone
        self._refund = fill_part("sample_refund", slots, {"chained": False})

    def values(self, section: str, given: Mapping[str, str]) -> dict[str, Slots]:
        """The columns of ``section`` and their values; ``beside`` is empty for one that does not read the refund."""
        found: dict[str, Slots] = {}
        for text, value in given.items():
            column = self._reader.written_column(section, text, self._sessions)
            if column == self._status.column or column.quoted == self._key:
                reason = "is set by the sweep itself, or is the key"
                if column == self._status.column and section == "sessions.refunded":
                    reason += (
                        ". Where the app gives what it has refunded a status of its own, name it in sessions.failed "
                        "and in sessions.exclude, and let a trigger on sweeper's refunds set it (docs/hooks.md)"
                    )
                raise problem(section, text, reason)
            if column.quoted in found:
                raise problem(section, text, "is named twice")
            found[column.quoted] = self._value(f"{section}.{text}", value, column)
        return found

    def _value(self, key: str, value: str, column: Column) -> Slots:
        names = self._names(value)
        sql = fill_part("expression", {"expression": value})
        tried = (
            fill_part("over_sample", {"expression": value, "refund": self._refund}, {"refund_names": names})
            if names
            else value
        )
        type_name = self._reader.castable(key, value, tried, self._sessions.qualified, "s")
        self._require_qualified(key, value, tried)
        if names:
            sql = fill_part("over_refund", {"value": sql}, {"refund_names": names})
        if zone := zone_between(self._sessions, type_name, column.base_type, self._timezone):
            sql = fill_part("session_moment", {"moment": sql, "zone": quote_text(zone)}, {"zone_named": True})
        enum = column.category == "E" and not _LITERAL.fullmatch(value)
        cast = {"expression": sql, "column_type": column.base_type}
        written = fill_part("written_enum", cast) if enum else sql
        return {"column": column.quoted, "value": written, "beside": "yes" if names else ""}

    def _names(self, value: str) -> list[Slots]:
        """The names of a refund for a value that may read one of them; empty for one that cannot."""
        text = without_literals(value)
        read = any(re.search(rf"\b{name}\b", text, re.IGNORECASE) for name in ("refund", *REFUND_NAMES))
        return _names() if read else []

    def _require_qualified(self, key: str, value: str, tried: str) -> None:
        """Check that a value writes ``s.name`` for a column of the session."""
        by_account = {"by_account": self._sessions.distributed_by is not None}
        source = fill_part("with_twin", {"sessions": self._sessions.qualified}, by_account)
        try:
            self._reader.castable(key, value, tried, source, "sweeper_twin")
        except ConfigurationError as error:
            require_qualified(key, value, error, {"s": self._sessions})
            raise
