"""Which tables a draft may read: the owner of a table can run code with the rights of its reader."""

from collections.abc import Sequence

from sweeper.core.errors import ConfigurationError
from sweeper.core.text import some
from sweeper.postgres.templates import fill
from sweeper.postgres.transaction import Row, Transaction

_MOST = 6


def read_tables(transaction: Transaction, named: str | None) -> tuple[Sequence[Row], Sequence[Row]]:
    """The tables to read, and those left out because of their owners; ``named`` is a table that the user trusts.

    Where all are of one role, it is the app's: there is nothing else to draft from.

    Raises:
        ConfigurationError: they are of several roles, and nothing shows which is the app's.
    """
    found = _listed(transaction, [])
    trusted = [row.as_sql for row in found if named in (row.as_sql, row.table_name)]
    if trusted:
        found = _listed(transaction, trusted[:1])
    strange = [row for row in found if row.of_stranger]
    owners = sorted({row.owner for row in strange})
    if len(strange) < len(found):
        return [row for row in found if not row.of_stranger], strange
    if len(owners) > 1:
        raise ConfigurationError(
            f"the tables here belong to {some(owners, _MOST)}, and whoever owns a table can run code with the rights "
            "of whoever reads it: connect as the app's owner, or name the table of the sessions: "
            "`sweeper init --table NAME`",
            code="several_owners",
        )
    return found, []


def strangers_note(strange: Sequence[Row]) -> str:
    owners = some(sorted({row.owner for row in strange}), _MOST)
    return (
        f"Not looked at: tables of {owners}, such as {strange[0].as_sql}. Whoever owns a table can run code with the "
        "rights of whoever reads it: if they are the app's, connect as their owner, or name the table of the sessions: "
        "`sweeper init --force --table NAME`."
    )


def _listed(transaction: Transaction, trusted: list[str]) -> Sequence[Row]:
    return transaction.rows(fill("list_all_tables", {}), {"tables": trusted, "own_schema": ""})
