"""What the catalog says of the app's tables: which refer to which, what their columns have, and what triggers write.

A hook can do what the file does not say, and then a column that the file leaves alone is no fault. One that only sends
a message, or writes to some other table, does nothing of the kind.
"""

import re
from collections.abc import Callable, Collection, Iterator, Sequence

from sweeper.app.catalog import Column, Table, without_literals
from sweeper.app.search_path import mapped_tables
from sweeper.check.rehearsal.reading import Reading, column_items
from sweeper.check.rehearsal.words import ADDED
from sweeper.check.triggers import fired_by_refund
from sweeper.postgres.templates import Slots, fill
from sweeper.postgres.transaction import Row

_TABLES_AT_MOST = 6
_LATER = re.compile(ADDED, re.IGNORECASE)
_NO_ITEM = {"condition": "", "number": "", "flag": "", "moment": "", "column": "", "place": "0"}
_WORD = re.compile(r"\w+")
_WRITTEN = re.compile(
    r'\b(?:update|insert\s+into|delete\s+from|merge\s+into|copy)\s+(?:only\s+)?(?:(?:"[^"]+"|\w+)\s*\.\s*)?("[^"]+"|\w+)',
    re.IGNORECASE,
)
# dynamic SQL does not show its tables
_DYNAMIC = re.compile(r"\bexecute\b", re.IGNORECASE)


class AppTables(Reading):
    """What the catalog says of the app's tables, for one item of the rehearsal."""

    def table(self, oid: int) -> Table:
        """One of the app's tables, of which those of the mapping are known already.

        Raises:
            ConfigurationError: it is a view.
        """
        ledger = self.mapping.ledger
        for known in (self.sessions, self.mapping.accounts, ledger.table if ledger else None):
            if known is not None and known.oid == oid:
                return known
        (text,) = [row.as_sql for row in self.all_tables() if row.oid == oid]
        return self.once(("table", oid), lambda: self.reader.table("table", text))

    def all_tables(self) -> Sequence[Row]:
        """The app's tables; of those that are mapped no owner is a stranger."""
        binds = {"tables": mapped_tables(self.settings), "own_schema": self.mapping.schema}
        return self._rows(fill("list_all_tables", {}), binds)

    def tables(self) -> list[Row]:
        """The app's tables, without those of a role that would gain this role's rights when they are read."""
        return [row for row in self.all_tables() if not row.of_stranger]

    def readable(self, table: Table) -> list[Column]:
        hidden = {row.name for row in self.ask("list_unreadable", table_oid=table.oid)}
        return [column for name, column in table.columns.items() if name not in hidden]

    def seen(self, table: Table, columns: Sequence[Column], *, noted: bool = True) -> list[Column]:
        """The columns that this role may read; the others are ``noted``, if without them the item is incomplete."""
        readable = self.readable(table)
        hidden = [column.quoted for column in columns if column not in readable]
        if hidden and noted:
            known = self.context.hidden.setdefault(table.qualified, [])
            known += [name for name in hidden if name not in known]
        return [column for column in columns if column in readable]

    def columns(self, table: Table, fits: Callable[[Column], object], *, noted: bool = True) -> list[Column]:
        """The columns of a table that fit and that this role may read; ``noted`` as for `seen`."""
        return self.seen(table, [one for one in table.columns.values() if fits(one)], noted=noted)

    def sees(self, table: Table, columns: Sequence[Column]) -> bool:
        """Whether this role may read all of the columns; those that it may not read are recorded."""
        return len(self.seen(table, columns)) == len(columns)

    def key_of(self, table: Table) -> Column | None:
        """An indexed column to sort the rows of a table by, preferably of whole numbers."""
        rows = self._rows(fill("list_unique_columns", {}), {"table_oid": table.oid})
        unique = [table.columns[row.name] for row in rows if row.name in table.columns]
        return next((column for column in unique if column.is_whole), unique[0] if unique else None)

    def ask_table(
        self, table: Table, statement: str, unanswered: tuple[type[Exception], ...] = (), /, **given: object
    ) -> Sequence[Row]:
        """The rows of a statement over a table, which sorts them by its key; ``unanswered`` as for `try_ask`.

        Empty where it has no key, or this role may not read that and each of its columns that is given.
        """
        key = self.key_of(table)
        read = [key, *(one for one in given.values() if isinstance(one, Column) and one in table.columns.values())]
        if not self.sees(table, [one for one in read if one is not None]) or key is None:
            return []
        return self.try_ask(statement, unanswered, **{"table": table, "key": key, **given})

    def references(self, *, of: Table | None = None, to: Table | None = None) -> list[Row]:
        """The foreign keys of one column: all, those of a table, those to a table, or those of one to another."""
        return [
            row
            for row in self.ask("list_references")
            if (of is None or row.table_oid == of.oid) and (to is None or row.target_oid == to.oid)
        ]

    def readable_oids(self) -> set[int]:
        """The oids of the app's tables that can be read without a stranger gaining rights."""
        return {row.oid for row in self.tables()}

    def unique_names(self, table: Table) -> list[str]:
        """The columns of a table that are unique by themselves."""
        return [row.name for row in self.ask("list_unique_columns", table_oid=table.oid)]

    def defaults(self, table: Table) -> dict[str, str]:
        """The columns of a table that the server fills, and with what."""
        return {row.name: row.value for row in self.ask("list_defaults", table_oid=table.oid)}

    def is_quick_by(self, table: Table, column: Column | None) -> bool:
        """Whether an index finds the rows of a table by a column."""
        name = column.name if column else ""
        return bool(self.ask("is_quick_by", table_oid=table.oid, column_name=name)[0].quick)

    def fires_triggers(self) -> bool:
        """Whether a refund fires a trigger of the app, which may change what the file does not name."""
        return bool(self.ask("list_triggers", **fired_by_refund(self.context)))

    def trigger_may_write(self, table: str) -> bool:
        """Whether a trigger that a refund fires, or what it calls, may write to a table, or changes its rows itself."""
        fired = self.ask("list_triggers", **fired_by_refund(self.context))
        if not fired or any(row.table_name == table for row in fired):
            return bool(fired)
        functions, names = self._hook_functions(), {row.function_name for row in fired}
        written = _written(functions, [row for row in functions if row.name in names])
        return written is None or table.lower() in written

    def count_rows(
        self, table: Table, columns: Sequence[Column], *, where: str = "true"
    ) -> tuple[int, dict[Column, int]]:
        """The number of a table's newest rows, and in how many of them each column has a value, which is no zero."""
        kinds = ["number" if one.is_number else "flag" if one.is_flag else "moment" for one in columns]
        items = [{**_NO_ITEM, **item, kind: "yes"} for item, kind in zip(column_items(columns), kinds, strict=True)]
        rows, counts = self._count(table, items, filter=where)
        return rows, dict(zip(columns, counts, strict=False))

    def used_columns(self, table: Table, columns: Sequence[Column]) -> list[Column]:
        """The columns that have a value in some of a table's newest rows, which is no zero."""
        return [column for column, count in self.count_rows(table, columns)[1].items() if count]

    def count_different(self, table: Table, columns: Sequence[Column]) -> tuple[int, dict[Column, int]]:
        """The number of a table's newest rows, and how many different numbers each column has in them."""
        for row in self.ask_table(table, "count_different", amounts=columns) if columns else ():
            return row.rows, dict(zip(columns, row.different, strict=True))
        return 0, {}

    def count_where(self, table: Table, condition: str, row: str = "l") -> tuple[int, int]:
        """The number of a table's newest rows, and of how many a condition is true, which calls one of them ``row``."""
        rows, counts = self._count(table, [{**_NO_ITEM, "condition": condition}], row=row)
        return rows, sum(counts)

    def _count(self, table: Table, items: Sequence[Slots], **given: str) -> tuple[int, Sequence[int]]:
        given = {"filter": "true", "row": "l", **given}
        for found in self.ask_table(table, "sample_columns", looked=items, **given) if items else ():
            return found.rows, found.counts
        return 0, []

    def referring_tables(self, target: Table, skipped: Collection[int]) -> Iterator[tuple[Table, Column, Column]]:
        """Tables with a foreign key to another and an index on it, the column that refers, and the one of ``target``.

        At most six are looked at, without those whose oids are ``skipped``.
        """
        tables = self.readable_oids()
        found = [row for row in self.references(to=target) if row.table_oid in tables and row.table_oid not in skipped]
        for row in found[:_TABLES_AT_MOST]:
            table = self.table(row.table_oid)
            link, key = table.columns.get(row.column_name), target.columns.get(row.target_column)
            if link and key and self.is_quick_by(table, link):
                yield table, link, key

    def has_hook(self) -> bool:
        """Whether the app has a hook, which may do more than the file says."""
        return any(row.found for row in self.ask("find_hook", name=self._refunds()))

    def _refunds(self) -> str:
        return f'"{self.mapping.schema}".refunds'

    def _hook_functions(self) -> Sequence[Row]:
        """The functions of the app that hooks may call, with their text."""
        return self.ask("list_hook_functions", name=self._refunds())

    def hook_may_write(self, tables: Collection[str]) -> bool:
        """Whether a hook, or what it calls, may write to one of the tables with these names."""
        written = self.written_by_hooks()
        return written is None or bool(written & {name.lower() for name in tables})

    def written_by_hooks(self) -> set[str] | None:
        """The tables that hooks, and what they call, write to; None where that may be any."""
        if not self.has_hook():
            return set()
        functions = self._hook_functions()
        return _written(functions, [row for row in functions if row.is_hook])


def adds_later(ledger: Table) -> bool:
    """Whether the names of its columns say that a job of the app's adds the rows to the balance later."""
    return any(_LATER.search(name) for name in ledger.columns)


def _written(functions: Sequence[Row], waiting: Sequence[Row]) -> set[str] | None:
    """The tables that some functions write to, including the functions that they call and the triggers that they fire.

    None where one of them could write to anything: in a language that is not read, by SQL that it puts together, or
    through a view.
    """
    words, written, left = set[str](), set[str](), list(functions)
    while waiting:
        for row in waiting:
            source = without_literals(row.source)
            if not row.readable or _DYNAMIC.search(source):
                return None
            words |= {word.lower() for word in _WORD.findall(source)}
            written |= {name.strip('"').lower() for name in _WRITTEN.findall(source)}
        left = [row for row in left if row not in waiting]
        waiting = [row for row in left if row.name.lower() in words or written & set(row.tables)]
    viewed = set(functions[0].views or ()) if functions else set()
    return None if written & viewed else written
