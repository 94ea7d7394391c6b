"""Values for the binds of every statement: from this mapping, the policy, and existing rows."""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from sweeper import __version__
from sweeper.app.mapping import Mapping
from sweeper.app.named import named_in
from sweeper.app.search_path import mapped_tables
from sweeper.config.model import Settings
from sweeper.install.functions import fence_name
from sweeper.install.state import Installation
from sweeper.postgres.binds import BY_SWEEPER, text_array
from sweeper.postgres.errors import Refusal, StatementError
from sweeper.postgres.timeouts import LOCKING_TIMEOUTS, READ_TIMEOUTS, Timeouts
from sweeper.postgres.transaction import Row, Transaction
from sweeper.sweep.caps import TURN_TIMEOUT
from sweeper.sweep.context import RunContext
from sweeper.sweep.owed import FIRST_CHARGE_MS, OwedReader

_ROWS = 3
_TEXT = 25  # the oid of the type text, on every server
_RUN_ID = "00000000-0000-7000-8000-000000000000"
_OF_BATCHES = (
    "pay", "explain_pay", "lock_sessions", "lock_marked", "list_refunded", "count_failed", "close_in_shard",
)  # fmt: skip
IN_SHARD = ("insert_in_shard", "add_in_shard", "hold_in_shard", "end_holds_in_shard")
_MARK = re.compile(r"sweeper_live_([0-9a-f]+)_")


@dataclass(frozen=True)
class Rows:
    """Rows to show a statement with: the next owed sessions, and the newest run with its refunds.

    Where no session is known to be owed, they are other failed or running ones. ``accounts`` are the sessions' own,
    in the same order; None where a session has no account, or the database refuses its row.
    """

    session_ids: tuple[str, ...] = ()
    accounts: tuple[str | None, ...] = ()
    run: Row | None = None
    refund_ids: tuple[str, ...] = ()


def read_rows(transaction: Transaction, mapping: Mapping, context: RunContext) -> Rows:
    """Read a few rows; empty where the database refuses."""

    def ask(statement: str, **binds: object) -> Sequence[Row]:
        with suppress(Refusal, StatementError), transaction.savepoint():
            return transaction.rows(mapping.statement(statement), binds)
        return []

    page = {**context.selection.binds, "page_size": _ROWS}
    # without a horizon, finding what is owed would read all of history
    owed = [] if context.full else ask("look", **page)
    found = owed or ask("list_candidates", **page)
    session_ids = tuple(row.session_id for row in found)
    reader = OwedReader(transaction, mapping, context.selection)
    accounts = tuple(map(reader.accounts_of(session_ids).get, session_ids))
    if mapping.is_by_account:  # a batch is of one shard
        of_one = [pair for pair in zip(session_ids, accounts, strict=True) if pair[1] == accounts[0]]
        session_ids, accounts = tuple(one for one, _ in of_one), tuple(account for _, account in of_one)
    runs = ask("list_runs", run_id=None, page_size=1)
    run = runs[0] if runs else None
    refunds: Sequence[Row] = ()
    if run is not None:
        refunds = ask("list_refunds_of_run", run_id=run.run_id, run_as_of=run.as_of, after=None, page_size=_ROWS)
    return Rows(session_ids, accounts, run, tuple(row.refund_id for row in refunds))


@dataclass(frozen=True)
class Values:
    mapping: Mapping
    settings: Settings
    installation: Installation
    context: RunContext
    rows: Rows

    def of(self, name: str, group: str) -> dict[str, object]:
        known = {**self.context.selection.binds, **self._of_rows(), **self._of_run(), **self._of_catalog()}
        named = named_in(self.settings) if name == "list_named" else {}
        return {**known, **self._of_group(group), **self._of_one().get(name, {}), **named}

    def of_transaction(self, *, group: str, writes: bool) -> dict[str, object]:
        """The settings of the transaction."""
        timeouts = READ_TIMEOUTS if not writes else Timeouts() if group == "install" else LOCKING_TIMEOUTS
        return {**timeouts._asdict(), "search_path": self.mapping.search_path, "timezone": self.mapping.timezone}

    def _of_rows(self) -> dict[str, object]:
        rows = self.rows
        accounts = sorted({account for account in rows.accounts if account is not None})
        return {
            "in_hand": text_array(rows.session_ids),
            "orphans": text_array(rows.refund_ids),
            "from_floor": self.context.full,
            "session_id": next(iter(rows.session_ids), None),
            "account_id": next(iter(accounts), None),
            "account_ids": text_array(accounts) if self.mapping.has_accounts else None,
            "refund_ids": text_array(_ids(len(rows.session_ids))),
            "reversal_ids": text_array(_ids(len(rows.refund_ids))),
            "attempt_known": True,
            "changed_before": None,
            **dict.fromkeys(("page_size", "limit", "newest"), self.settings.policy.batch_size),
            "bound_ms": FIRST_CHARGE_MS,
            "lock_timeout": TURN_TIMEOUT,
            **dict.fromkeys(("after", "only_accounts")),
            **dict.fromkeys(("running", "around_refused", "on_hold"), False),
        }

    def _of_run(self) -> dict[str, object]:
        as_of = self.context.selection.as_of
        return {
            **BY_SWEEPER,
            "run_id": _RUN_ID,
            "run_as_of": as_of,
            "version": __version__,
            "host": "localhost",
            "told": "{}",
            "causes": text_array(("held",)),
            "outcome": "complete",
            **dict.fromkeys(("sessions", "already_refunded", "skipped", "held", "remaining", "batches"), 0),
            "credits": "0",
            "why": "refused",
            "sqlstate": "22012",
            "message": "division by zero",
            "constraint_name": "",
            **dict.fromkeys(("payable", "full"), True),
            "settled": None,
            "fingerprint": self.mapping.fingerprint,
            "horizon": as_of,
            "policy": self.context.digest,
            "mapping": self.mapping.file_digest,
            **dict.fromkeys(("refund_words", "table_words", "words", "said"), "refund"),
            "called": "job:([[:alnum:]]+)",
            **{"up_words": "credit", "down_words": "debit", "not_made": "failed", "denied": "denied"},
            **dict.fromkeys(("rehearsal", "bound_columns", "bound_tables"), "{}"),
        }

    def _of_catalog(self) -> dict[str, object]:
        mapping, own = self.mapping, self.settings.sessions
        slots, sessions = mapping.slots, mapping.sessions
        live_index = self.installation.live_index or ""
        mark = _MARK.search(live_index)
        return {
            "no_rows": 0,
            "type": slots["session_type"],
            **dict.fromkeys(("table_oid", "bound_oid", "other_oid"), sessions.oid),
            "values": text_array(()),
            "table_oids": [sessions.oid],
            "guard": self.installation.guard_index,
            "amount": "1",
            "table_name": slots["refunds"],
            "type_oid": _TEXT,
            "id_name": mapping.key.id_name,
            "id_number": mapping.key.id_number,
            "id_type": slots["session_type"],
            "status_name": (slots["status_column"] or slots["key"]).strip('"'),
            **dict.fromkeys(("trigger_name", "fence"), fence_name(mapping)),
            "function_name": slots["live_function"].rpartition(".")[2],
            **dict.fromkeys(("schema_name", "own_schema"), mapping.schema),
            "schema": slots["schema"],
            "search_path": mapping.search_path,
            **dict.fromkeys(
                ("tables", "schemas", "table_schemas", "names", "relations", "columns", "operators"),
                mapped_tables(self.settings),
            ),
            "privileges": ["SELECT" for _ in mapped_tables(self.settings)],
            "inserted": [False for _ in mapped_tables(self.settings)],
            "events": [16 for _ in mapped_tables(self.settings)],  # UPDATE
            "named": [*own.failed, *own.running, *own.succeeded],
            "succeeded": list(own.succeeded),
            "written": [],
            "mark": mark[1] if mark else "",
            **dict.fromkeys(("name", "other_name"), sessions.qualified),
            "statement": "",
        }

    def _of_group(self, group: str) -> dict[str, object]:
        context, run = self.context, self.rows.run
        if group == "audit":
            return {
                "since": context.floor,
                "until": context.selection.as_of,
                "floor": context.floor,
                "failed_overdue": context.selection.failed_before,
                "stuck_overdue": list(context.selection.stuck_before),
            }
        if group == "check":
            return {"session_ids": text_array(self.rows.session_ids)}
        if group in ("explain", "corrections"):
            newest = {"run_id": run.run_id, "run_as_of": run.as_of} if run is not None else {}
            return {**newest, "since": context.floor, "reason": "an example"}
        return {}

    def _of_one(self) -> dict[str, dict[str, object]]:
        mapping, rows, key = self.mapping, self.rows, self.mapping.key
        refunds: dict[str, object] = {"refund_ids": text_array(rows.refund_ids)}
        ledger: dict[str, object] = dict.fromkeys(("name", "refunds"), mapping.slots["refunds"])
        owners: dict[str, object] = {"ids": self._of_batch()["accounts"], "most": 9}
        return {
            "adopt": self._adopted(),
            **{name: self._of_batch() for name in _OF_BATCHES},
            "reverse": refunds | self._of_batch(),
            **dict.fromkeys(("read_back", "find_changed"), refunds | self._of_batch()),
            **{name: self._adopted() | self._in_shard() | self._of_batch() for name in IN_SHARD},
            **{name: {"table_name": mapping.sessions.qualified} for name in ("find_fence", "read_fence")},
            "list_append_only": {"names": [mapping.slots["refunds"], mapping.slots["reversals"]]},
            "list_missing_columns": {"tables": text_array(["runs"]), "columns": text_array(["run_id"])},
            "list_strange_schemas": {"schemas": text_array([mapping.schema])},
            "find_relation": {"name": mapping.sessions.name},
            "find_overlap": {"table_oid": key.table_oid, "other_oid": key.table_oid, "other_name": key.table},
            **{name: {"table_oids": [key.table_oid]} for name in ("find_subscription", "list_unlogged")},
            **dict.fromkeys(("find_hook", "list_hook_functions", "find_changed_collation"), ledger),
            "list_sessions_of": owners,
            "read_numbers": {"ids": list(rows.session_ids)},  # of the sessions themselves
            "find_unmentioned": {"ids": list(rows.session_ids), "kinds": list(rows.session_ids)},
            "is_quick_by": {"table_oid": key.table_oid, "column_name": mapping.slots["key"].strip('"')},
            "explain_find": {"session_ids": None},  # of a run, which looks at all
            "find_installation": {"name": mapping.slots["settings"]},
            "read_index": {"name": self.installation.live_index},
            "list_runs": {"run_id": None},
        }

    def _of_batch(self) -> dict[str, object]:
        """The accounts of a batch, where Citus has each on a node."""
        return {"accounts": text_array(sorted({account for account in self.rows.accounts if account is not None}))}

    def _in_shard(self) -> dict[str, object]:
        """For a step of a batch of one Citus shard, what the step before it returns."""
        count = len(self.rows.session_ids)
        texts = {name: ["1"] * count for name in ("amounts", "charges")}
        return {**texts, "agains": [0] * count, "reasons": ["stuck"] * count, "details": [None] * count,
                "failed_ats": [self.context.selection.as_of] * count}  # fmt: skip

    def _adopted(self) -> dict[str, object]:
        of_sessions = zip(self.rows.session_ids, self.rows.accounts, strict=True)
        # the attempt is in the session's row; where it is not mapped it is 0
        known = [] if self.mapping.key.attempt else [pair for pair in of_sessions if pair[1] is not None]
        return {
            "refund_ids": _ids(len(known)),
            "session_ids": [session_id for session_id, _ in known],
            "account_ids": [account for _, account in known],
            "attempts": ["0" for _ in known],
            "amounts": ["0" for _ in known],
        }


def _ids(count: int) -> list[str]:
    """Made-up ids; what is written with them is rolled back."""
    return [f"{_RUN_ID[:-1]}{number}" for number in range(1, count + 1)]
