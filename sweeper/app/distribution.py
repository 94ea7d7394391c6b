"""How Citus distributes a table."""

from collections.abc import Sequence
from typing import NamedTuple

from sweeper.app.catalog import MONEY, WITH_ZONE, WITHOUT_ZONE, Table, has_subquery, problem
from sweeper.app.values import values_over_rows
from sweeper.config.model import Settings
from sweeper.core.errors import ConfigurationError
from sweeper.postgres.templates import fill, quote_name
from sweeper.postgres.transaction import Row, Transaction

# why no refund can be exact in a table that is distributed like this
_WHY = {
    "otherwise": "Citus distributes its rows over several nodes by {column}, not by its hash or with several copies of "
    "each: sweeper knows tables that create_distributed_table has made, with one copy of each shard",
    "reference": "it is a reference table of Citus: every node has a copy, and none takes a trigger",
    "local": "Citus has it among its own (a local table that its other tables refer to), and plans statements over it "
    "in parts, which do not see one state of the rows",
}

# the types of account ids by which tables may be distributed, each with an id that most likely no account has
NOBODY = {
    "text": "-1",
    "character varying": "-1",
    "integer": "-1",
    "bigint": "-1",
    "uuid": "00000000-0000-0000-0000-000000000000",
}


class Distribution(NamedTuple):
    """On which nodes Citus has a table: its ``group`` of shards, and the ``column`` that decides the shard of a row.

    Without a column all rows are on one node, as those of a schema are; without a group, all on this server.
    ``shared_keys`` are the columns that are unique together with the column.
    """

    group: int | None = None
    column: str | None = None
    shared_keys: tuple[str, ...] = ()

    @property
    def of_schema(self) -> bool:
        """Whether the table is in a schema that Citus keeps on one node."""
        return self.group is not None and self.column is None


def read_distribution(transaction: Transaction, key: str, text: str, found: Row, own_schema: str) -> Distribution:
    """Read on which nodes the rows of a table are that ``find_table`` has found.

    Raises:
        ConfigurationError: Citus has distributed it in a way in which no refund can be exact.
    """
    if not found.has_citus:
        return Distribution()
    for row in transaction.rows(fill("find_distribution", {}), {"table_oid": found.oid}):
        if row.kind in _WHY:
            why = _WHY[row.kind].format(column=quote_name(row.column_name or ""))
            raise problem(key, text, f"is not supported: {why}")
        if row.kind == "column":
            if found.partition_key is not None:
                raise problem(key, text, "is not supported: it is partitioned, and Citus distributes its partitions")
            return Distribution(int(row.shard_group), row.column_name, tuple(row.shared_keys))
        if found.schema_name != own_schema:
            raise problem(
                key, text, "lies in a schema that Citus keeps on one node: sweeper's own tables must lie in it, too, "
                f'so that they are on that node. Set database.schema = "{found.schema_name}"',
            )  # fmt: skip
        return Distribution(int(row.shard_group))
    return Distribution()


def named_zone(table: Table, type_name: str, timezone: str) -> str:
    """The zone that a time in a column of ``table`` has to name; "" if the transaction's own is the mapping's.

    Where it writes, Citus takes no cast that depends on a setting.
    """
    return timezone if table.shard_group is not None and type_name == WITHOUT_ZONE else ""


def zone_between(table: Table, value: str, column: str, timezone: str) -> str:
    """The zone that a value of one type has to name where a column of another type is set to it, as `named_zone`."""
    pairs = {(WITH_ZONE, WITHOUT_ZONE), (WITH_ZONE, "date"), (WITHOUT_ZONE, WITH_ZONE)}
    return timezone if table.shard_group is not None and (value, column) in pairs else ""


def require_together(settings: Settings, tables: Sequence[Table]) -> None:
    """Check that the mapped tables are on one node, account by account, and that a refund can be paid there.

    Raises:
        ConfigurationError: Citus has them on several, or plans what is mapped in parts that do not see one state.
    """
    groups = {table.shard_group for table in tables}
    by_account = any(table.distributed_by for table in tables)
    if len(groups) > 1:
        named = ", ".join(table.qualified for table in tables)
        then = " in which all of them are distributed by the account and colocated" if by_account else ""
        raise ConfigurationError(
            f"{named}: they are on different nodes of Citus, a refund is a transaction on one{then}", code="mapping"
        )
    if groups == {None}:
        return
    _require_no_money(settings, tables)
    if settings.ledger is not None and by_account:
        raise ConfigurationError(
            "[ledger] is not supported on tables that Citus distributes: whoever looks for a refund would join two "
            "ledgers over all nodes, which Citus seldom plans. Leave it out, for sweeper's own ledger is the "
            "guard, and let sessions.exclude say what the app refunds itself",
            code="mapping",
        )
    if by_account:
        _require_by_account(settings, tables)


def _require_no_money(settings: Settings, tables: Sequence[Table]) -> None:
    """Check that no balance is of type money: Citus takes no cast that depends on a setting where it writes.

    Raises:
        ConfigurationError: a column of the accounts that a refund changes is.
    """
    own = settings.accounts
    for text in (own.balance or "", own.spent or "", *(own.add or {})) if own else ():
        column = tables[1].column(text)
        if column and column.base_type == MONEY:
            raise problem(
                "accounts", text, "is not supported: it is of type money, whose digits depend on a setting, and Citus "
                "takes no such cast where it writes"
            )  # fmt: skip


def _require_by_account(settings: Settings, tables: Sequence[Table]) -> None:
    """Check that a session's row, its account's and their refunds are on one node, and that all values are theirs.

    Raises:
        ConfigurationError: they are distributed by something else, or a value reads other tables.
    """
    keys = [("sessions.account", settings.sessions.account)]
    keys += [("accounts.id", one.id) for one in (settings.accounts,) if one is not None]
    types = set[str]()
    for (key, text), table in zip(keys, tables, strict=True):
        column = table.column(text)
        if column is None or column.name != table.distributed_by:
            raise problem(
                key, text, f"is not supported: Citus distributes {table.qualified} over several nodes by "
                f"{quote_name(table.distributed_by or '')}, and a session's row is on the node of its account's only "
                "where both are distributed by the account",
            )  # fmt: skip
        types.add(column.full_type)
        if len(types) > 1 or column.base_type not in NOBODY or column.domain:
            raise problem(
                key, text, f"is {column.full_type}: on tables that Citus distributes, sessions.account and accounts.id "
                f"must be of one type, {' or '.join(NOBODY)}",
            )  # fmt: skip
    for key, text in values_over_rows(settings):
        if has_subquery(text):
            raise problem(key, text, "is not supported on tables that Citus distributes: it reads more than the row, "
                          "which may be on another node")  # fmt: skip
