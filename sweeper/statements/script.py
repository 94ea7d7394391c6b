"""One statement as a script for psql, filled with the mapping of a database and a file."""

from sweeper.app.transactions import read
from sweeper.config.model import Settings
from sweeper.core.decimals import exactly
from sweeper.core.errors import ConfigurationError
from sweeper.install.state import read_installation
from sweeper.postgres.database import Database
from sweeper.postgres.sqlstate import reported
from sweeper.postgres.templates import fill, fill_script
from sweeper.postgres.transaction import Transaction
from sweeper.statements import psql
from sweeper.statements.binds import Values, read_rows
from sweeper.statements.rehearsed import COLUMNS
from sweeper.statements.result import Statement
from sweeper.statements.slots import BEFORE, Filling, note_of
from sweeper.sweep.context import RunContext, RunRequest, prepare

_SET_TRANSACTION = "set_transaction"


def script(database: Database, settings: Settings, request: RunRequest, statement: Statement) -> str:
    """The statement as it would be sent at this moment; changes and locks nothing.

    Raises:
        ConfigurationError: not installed, another mapping, or one under which the statement is never sent.
        FailedError: the database cannot be reached.
    """
    with exactly(), reported():
        context = prepare(database, settings, request)
        return read(database, context.mapping, lambda opened: _script(opened, settings, context, statement))


def _script(transaction: Transaction, settings: Settings, context: RunContext, statement: Statement) -> str:
    mapping, name = context.mapping, statement.name
    installation = read_installation(transaction, mapping.schema)
    assert installation is not None  # noqa: S101 - prepare() has read it
    filling = Filling(mapping, settings, installation, context.selection.as_of, context.floor)
    text = _filled(filling, name)
    values = Values(mapping, settings, installation, context, read_rows(transaction, mapping, context))
    writes = psql.writes(text)
    bounds = values.of_transaction(group=statement.group, writes=writes)
    binds = values.of(name, statement.group)
    named = psql.binds_of(text)
    used = [bind for bind in binds if bind in named and bind not in bounds]
    before = [] if name == _SET_TRANSACTION else [_settings()]
    if name in BEFORE:
        before.append(psql.terminated(psql.to_psql(filling.text(BEFORE[name]), doubled=False)))
    return fill_script(
        "script",
        {
            "note": note_of(name),
            "statement": psql.terminated(psql.to_psql(text, doubled=not filling.is_script(name))),
        },
        {
            "noted": bool(note_of(name)),
            "reads": not writes,
            "writes": writes,
            "bound": bool(used),
            "variables": psql.variables(binds, used),
            "bounds": psql.variables(bounds, bounds),
            "before": [{"text": one} for one in before],
        },
    )


def _settings() -> str:
    """The settings of every transaction; psql need not show the result."""
    return psql.unseen(psql.to_psql(fill(_SET_TRANSACTION, {}), doubled=True))


def _filled(filling: Filling, name: str) -> str:
    slots = filling.mapping.slots
    missing = ""
    try:
        text = filling.text(name)
    except KeyError as error:
        missing = str(error.args[0])
    else:
        if name in _ONLY_WHERE and not filling.mapping.lists[_ONLY_WHERE[name]]:
            missing = _ONLY_WHERE[name]
        elif name == "live" and not slots["live_function"]:
            missing = "live_function"
        elif name == "probe_expression" and not filling.mapping.status.of_row:
            missing = "live_index"
        elif name in _OF_CITUS and not filling.mapping.is_sharded:
            missing = "shards"
        elif name in _BY_ACCOUNT and not filling.mapping.is_by_account:
            missing = "accounts_of_citus"
        elif (name in _NOT_IN_CITUS and filling.mapping.is_sharded) or (
            name in _NOT_BY_ACCOUNT and filling.mapping.is_by_account
        ):
            missing = "server"
        else:
            return text
    raise ConfigurationError(f"{name} is not sent under this mapping: {_why(missing)}", code="usage")


def _why(slot: str) -> str:
    if slot in _NOT_SENT:
        return _NOT_SENT[slot]
    return f"the file has no {'[ledger]' if 'ledger' in slot or slot in _OF_LEDGER else '[accounts]'}"


_NOT_SENT = {
    "live_function": "statuses of this type are compared as they are",
    "shards": "no table is one of Citus",
    "server": "the tables are those of Citus, which does not take it",
    "accounts_of_citus": "Citus has not distributed the tables by the account",
    "shares": "the file has no [accounts.add]",
    "closing": "the status is only read, and [sessions.close] sets nothing",
    "tried": "the app's own rows decide it, not only what [ledger.insert] writes",
    "live_index": "the status reads other rows, and no index can",
    **dict.fromkeys(COLUMNS, "the ledger has no such column"),
    "parent_index": "no partition waits for its part of an index",
    "ended_at": "the file has no sessions.ended_at",
    "charged_type": "the file has no sessions.charged",
    "shared_ids": "no two sessions can have one id",
    "locks_charges": "sessions of several accounts share no row that decides what they are owed",
    "unmarks": "the file has no [sessions.reversed]",
}
# the conditions of the mapping by which a run decides whether to send these
_ONLY_WHERE = {
    **dict.fromkeys(("find_ambiguous", "find_all_ambiguous", "ambiguous_id"), "shared_ids"),
    "lock_charges": "locks_charges",
    "lock_marked": "unmarks",
}
_OF_CITUS = ("find_distribution", "set_on_nodes")
_BY_ACCOUNT = (
    "list_shards", "close_in_shard", "insert_in_shard", "add_in_shard", "hold_in_shard", "end_holds_in_shard",
)  # fmt: skip
_NOT_IN_CITUS = ("fence", "release_fence", "find_unknown_statuses")
_NOT_BY_ACCOUNT = (
    "compare_periods", "compare_invariant", "count_subjects", "end_settled_holds", "find_in_history", "find_moved",
    "find_orphans", "find_other_amount", "find_partly_keyed", "find_released",
    "find_undone_charges", "find_retried", "list_unsettled", "find_reused", "read_found_rows", "read_numbers",
    "rekey", "sum_shares", "count_paid_again", "type_over_refund", "find_unmentioned",
)  # fmt: skip
_OF_LEDGER = ("columns", "values", "refund")
