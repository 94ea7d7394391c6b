"""The paths from a session to an account: foreign keys, and names that the values prove."""

from collections.abc import Iterator
from dataclasses import dataclass

from sweeper.init import words
from sweeper.init.accounts.numbers import read_numbers
from sweeper.init.evidence import Column, Evidence, Reference, Table, expression, same_type
from sweeper.init.values import values_of
from sweeper.postgres.templates import quote_text

_SOMEONE_ELSE = frozenset({"reviewer", "reviewed", "approved", "approver", "assigned", "assignee", "updated", "deleted",
                           "invited", "by", "worker", "operator", "admin", "referrer"})  # fmt: skip
PAYERS = words.OWNER | words.ACCOUNT


@dataclass(frozen=True)
class Path:
    """How a session names its account: its column, the account's table and key, and whether that is certain."""

    column: Column
    table: Table
    key: Column
    expression: str
    certain: bool
    further: bool = False

    @property
    def unique(self) -> bool:
        """Whether it leads to one row: several wallets of one user are several rows."""
        return self.key.is_key


def owner_columns(evidence: Evidence, sessions: Table) -> list[Column]:
    """The columns of a session that may say who pays."""
    found = []
    for column in sessions.columns:
        reference = evidence.reference(column)
        about = column.words | (reference.target.words if reference else frozenset())
        if column.words & _SOMEONE_ELSE or column.is_unique or not about & PAYERS:
            continue
        if reference or column.is_text or column.type == "uuid" or column.words & {"id"}:
            found.append(column)
    return found


def find_paths(evidence: Evidence, sessions: Table) -> list[Path]:
    """All paths from a session to another table, with at most one table between."""
    found: list[Path] = []
    for reference in evidence.references(sessions):
        if reference.column.words & _SOMEONE_ELSE or reference.target == sessions:
            continue
        certain = reference.declared or _agrees(evidence, sessions, reference)
        column = reference.column
        if certain is not None:
            found.append(Path(column, reference.target, reference.target_column, column.as_sql, certain))
            found += _beside(evidence, reference, column.as_sql, certain=certain)
            found += _one_further(evidence, reference, certain=certain)
            found += _by_kind(evidence, reference)
    found += _by_values(evidence, sessions, {path.column.name for path in found})
    return list({(path.table.oid, path.key.name, path.expression): path for path in found}.values())


def _agrees(evidence: Evidence, sessions: Table, reference: Reference) -> bool | None:
    """A reference by name alone: certain if nearly all rows match, or the table is empty; None if most do not."""
    compared = sessions, reference.column, reference.target, reference.target_column
    if evidence.agrees(*compared) is False:
        return None
    return evidence.agrees(*compared, least=0.9) is not False


def _beside(evidence: Evidence, reference: Reference, expression: str, *, certain: bool) -> Iterator[Path]:
    """Tables that refer to the same row as the session: sessions.user_id and wallets.user_id."""
    for table in evidence.tables:
        if table.oid == reference.column.table_oid:
            continue
        for other in evidence.references(table):
            same = other.target == reference.target and other.target_column == reference.target_column
            if same and not other.column.words & _SOMEONE_ELSE:
                yield Path(reference.column, table, other.column, expression, certain)


def _by_kind(evidence: Evidence, reference: Reference) -> Iterator[Path]:
    """Accounts that name their owner by a kind and an id, such as wallets with ``holder_type`` and ``holder_id``."""
    for table in evidence.tables:
        if table.key is None or not table.words & words.ACCOUNT or not read_numbers(table).speak:
            continue
        for owner, kind in _pairs(table):
            values = values_of(evidence, table, kind) if same_type(owner, reference.target_column) else []
            for value in (one for one in values if words.names_table(one, reference.target.name)):
                sql = expression(
                    "account_of_kind", wanted=table.key, accounts=table, owner=owner, column=reference.column,
                    kind=kind, value=quote_text(value),
                )  # fmt: skip
                yield Path(reference.column, table, table.key, sql, certain=False)


def _pairs(table: Table) -> list[tuple[Column, Column]]:
    """The columns ``x_id`` that have an ``x_type`` beside them."""
    return [
        (one, other)
        for one in table.columns
        for other in table.columns
        if "id" in one.words and words.says_kind_of(other.words, one.words)
    ]


def _one_further(evidence: Evidence, reference: Reference, *, certain: bool) -> Iterator[Path]:
    """Paths through a table in between, such as the project that a render belongs to."""
    for onward in evidence.references(reference.target):
        if onward.target == reference.target or onward.column.words & _SOMEONE_ELSE:
            continue
        by_way = expression(
            "by_way_of", onward=onward.column, between=reference.target, key=reference.target_column,
            column=reference.column,
        )  # fmt: skip
        yield Path(reference.column, onward.target, onward.target_column, by_way, certain, further=True)
        for path in _beside(evidence, onward, by_way, certain=certain):
            yield Path(reference.column, path.table, path.key, by_way, certain, further=True)


def _by_values(evidence: Evidence, sessions: Table, known: set[str]) -> Iterator[Path]:
    """For when no column refers to the accounts: a key of the same name, or text values that only that key has.

    That numbers are found there proves nothing: serial numbers always are.
    """
    for column in sessions.columns:
        if column.name in known or column.words & _SOMEONE_ELSE or column.is_primary:
            continue
        for table in evidence.tables:
            if table == sessions or table.key is None:
                continue
            for key in table.keys:
                of_owners = table.words & PAYERS and key.name == column.name and not key.is_integer  # such as uid
                if not same_type(key, column) or not (column.words & PAYERS or of_owners):
                    continue
                agrees = evidence.agrees(sessions, column, table, key)
                if key.name == column.name and agrees is not False and (agrees or column.words & PAYERS):
                    yield Path(column, table, key, column.as_sql, certain=True)
                elif agrees and not key.is_integer and evidence.has_several(sessions, column):
                    yield Path(column, table, key, column.as_sql, certain=bool(table.words & column.words))
