"""Turns the file into checked SQL: everything that the statements need to know about the app."""

from collections.abc import Mapping as Mapped
from dataclasses import dataclass, field, replace

from sweeper.app import catalog
from sweeper.app.catalog import Table
from sweeper.app.charge_key import ChargeKey
from sweeper.app.distribution import NOBODY, require_together
from sweeper.app.fingerprint import charge_key, decisive, digest, fingerprint, setting_slots
from sweeper.app.reader import Reader
from sweeper.app.slots.accounts import account_slots
from sweeper.app.slots.facts import Facts
from sweeper.app.slots.ledger import NO_LEDGER, Ledger, map_ledger
from sweeper.app.slots.marks import mark_slots
from sweeper.app.slots.own_tables import own_slots
from sweeper.app.slots.sessions import expression_slots, live_predicate, live_slots, session_slots
from sweeper.app.slots.shared_rows import shared_facts
from sweeper.app.status import Status
from sweeper.app.status_labels import StatusLabels
from sweeper.config.model import Settings
from sweeper.postgres.binds import text_array
from sweeper.postgres.templates import Choices, Slots, fill, fill_part, items_of, quote_text
from sweeper.postgres.transaction import Transaction


@dataclass(frozen=True)
class Mapping:
    """The app's tables and expressions, checked, and as the statements' slots.

    ``file_digest`` is of what the file says of who is paid: it stays when a type of the app's changes, or this program.
    """

    schema: str
    search_path: str
    timezone: str
    sessions: Table
    amount_type: str
    running: tuple[str, ...]
    live_key: str
    live_predicate: str
    status: Status = field(repr=False)
    accounts: Table | None
    moves_balances: bool
    exact_balance: bool
    key: ChargeKey
    file_digest: str
    fingerprint: str
    exact_spent: bool
    serialized: bool
    ledger: Ledger | None
    slots: Mapped[str, str] = field(repr=False)
    lists: Choices = field(repr=False)
    live_statuses: tuple[str, ...]
    status_labels: StatusLabels | None
    fenced: bool = False
    _filled: dict[str, str] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def has_accounts(self) -> bool:
        return self.accounts is not None

    @property
    def integer_amounts(self) -> bool:
        return self.amount_type in catalog.INTEGER_TYPES

    @property
    def without_fence(self) -> str:
        """Why no trigger on the sessions sees each change of the status; "" if one does."""
        if self.is_sharded:
            return "the sessions are a table of Citus, which takes no trigger of ours"
        if not self.status.of_row:
            return "the status is read from other tables, and no trigger on the sessions sees it change"
        moves = self.status.column is not None and self.status.column.name in self.sessions.tree_columns
        return "the sessions are partitioned by status, and to a trigger a row that moves is no UPDATE" if moves else ""

    @property
    def starts_in_column(self) -> bool:
        """Whether the start of a session is a column, so that an index can be in its order."""
        return self.live_key != self.key.id

    @property
    def has_zoned_starts(self) -> bool:
        """Whether the start of a session has a zone, so that each value is one moment."""
        return self.slots["started_type"] == "timestamp with time zone"

    def takes_any_attempt(self, *, empty: bool) -> bool:
        """Whether the attempt's type accepts the text of one of another type: an ``empty`` one, or else a 0."""
        numbers = () if empty else catalog.EXACT_TYPES
        return self.slots["attempt_type"] in ("text", "character varying", "bpchar", *numbers)

    @property
    def has_balance(self) -> bool:
        """Whether there is a balance to compare: an account may also be mapped only to be locked."""
        return bool(self.lists["has_balance"])

    @property
    def shares(self) -> tuple[str, ...]:
        """The columns of an account that each take a share of a refund, by ``[accounts.add]``."""
        return tuple(share["name"] for share in items_of(self.lists, "shares"))

    @property
    def is_chained(self) -> bool:
        """Whether the rows of the app's ledger have the running balance in them."""
        return bool(self.lists["chained"])

    @property
    def knows_charges(self) -> bool:
        """Whether the file says how the app's books know what was charged."""
        return bool(self.lists["charged"])

    @property
    def is_read_back(self) -> bool:
        """Whether more than the status of its session has to be read back after a refund."""
        sums = bool(self.lists["sums_charged"] or self.lists["sums_amount"])
        return sums or self.ledger is not None or self.key.attempt is not None

    @property
    def is_sharded(self) -> bool:
        """Whether Citus keeps the app's tables on another node."""
        return self.sessions.shard_group is not None

    @property
    def is_by_account(self) -> bool:
        """Whether Citus has the app's tables on several nodes, each account's rows together on one."""
        return self.sessions.distributed_by is not None

    @property
    def nobody(self) -> dict[str, object]:
        """The binds for planning the statement that pays for no account, on one node of Citus."""
        return {"accounts": text_array([NOBODY[self.slots["account_type"]]])} if self.is_by_account else {}

    @property
    def guard_keys(self) -> tuple[str, ...]:
        """The columns of the unique index that stops a second refund."""
        return ("session_id", "attempt", "again") + ("account_id",) * self.is_by_account

    @property
    def has_shared_ids(self) -> bool:
        """Whether several partitions, or accounts of Citus, could have a session with the same id."""
        return bool(self.lists["shared_ids"])

    @property
    def is_bounded(self) -> bool:
        """Whether a bound on the start of sessions leaves partitions out."""
        return bool(self.lists["bounded"])

    @property
    def choices(self) -> Choices:
        """What the statements' conditions ask for, and what they repeat."""
        return {
            **self.lists,
            **self._marking(),
            "ledger": self.ledger is not None,
            "accounts": self.has_accounts,
            "fence": self.fenced,
            "reversal_rows": self.ledger is not None and bool(self.ledger.reverse),
            "zoned_starts": self.has_zoned_starts,
            "sharded": self.is_sharded,
            "by_account": self.is_by_account,
            # in a batch of one account, no two sessions have the same id
            "several_in_hand": self.has_shared_ids and not self.is_by_account,
            # whether the server counts each change of a status as one of a row of this very table
            "counts_changes": self.status.column is not None and not (self.is_sharded or self.sessions.partition_key),
            # whether the row of a session that is closed gives the time of its failure
            "closing_tells": bool(self.lists["status_written"] and self.lists["failed_at_in_row"]),
        }

    def _marking(self) -> Choices:
        """What is set on a session that had failed already; with the fence its row is always touched."""
        refunded, closing = items_of(self.lists, "refunded"), items_of(self.lists, "closing")
        column = self.slots["touched_column"]
        touch = [{"column": column, "value": f"s.{column}"}] if self.fenced and not refunded else []
        marking = [*refunded, *touch]
        status = [{"column": self.slots["status_column"]}] if self.lists["status_written"] else []
        return {
            "marks": bool(marking),
            "writes_sessions": bool(marking) or self.lists["closes"],
            "marking": marking,
            "marking_beside": self.lists["refunded_beside"],
            # a role that may not update any column of a table may not lock its rows either
            "updated": [*status, *closing, *touch] or [{"column": column}],
        }

    def before_install(self) -> "Mapping":
        """The mapping for a database where sweeper has no tables yet: statements read empty ones instead."""
        stand_ins = {"refunds": "no_refunds", "holds": "no_holds", "reversals": "no_reversals", "runs": "no_runs"}
        stand_ins["own_settings"] = "no_settings"
        empty = {table: fill_part(name, self.slots, self.choices) for table, name in stand_ins.items()}
        return replace(self, slots={**self.slots, **empty})

    def statement(self, name: str, slots: Slots | None = None, choices: Choices | None = None) -> str:
        """The statement ``name``, filled with the app's names, and with ``slots`` and ``choices`` of its own."""
        if slots or choices:
            return fill(name, {**self.slots, **(slots or {})}, {**self.choices, **(choices or {})})
        if name not in self._filled:
            self._filled[name] = fill(name, self.slots, self.choices)
        return self._filled[name]


def read_mapping(transaction: Transaction, settings: Settings, search_path: str) -> Mapping:
    """Compare a file with the catalog; ``search_path`` is the one in force in ``transaction``.

    Raises:
        ConfigurationError: naming the key that does not fit, its value and the nearest right one; then the transaction
            may have failed.
    """
    reader = Reader(transaction, settings.database.schema_, goes_on=False)
    own, books = settings.sessions, settings.ledger
    sessions = reader.table("sessions.table", own.table)
    key, status, facts = session_slots(reader, own, sessions)
    facts |= Facts(own_slots(settings.database.schema_))
    facts |= live_slots(transaction, settings, sessions, status, facts.slots)
    facts |= expression_slots(reader, settings, sessions)
    facts |= account_slots(reader, settings, sessions, facts.slots)
    facts |= mark_slots(reader, own, sessions, status, facts.slots)
    ledger, of_ledger = map_ledger(reader, books, facts, key, sessions) if books else (None, NO_LEDGER)
    facts |= of_ledger
    facts |= shared_facts(reader, settings, sessions, facts) | setting_slots(reader, settings)
    require_together(settings, [*reader.tables.values()])
    moves = settings.accounts is not None and settings.accounts.moves
    # the amount of a session whose refund the file, or a hook, has written to the app's books
    given_back = bool(own.refunded) or (not moves and ledger is None and catalog.has_subquery(own.amount))
    may_be = facts.choices["triggers_on_refunds"] or (books and catalog.reads_table(own.amount, books.table))
    facts |= Facts({}, {"given_back_is_zero": given_back, "may_be_zero": bool(may_be) and not given_back})
    file_digest = digest(decisive(settings))
    slots = {
        "refund_sample": fill_part("sample_refund", facts.slots, {"chained": False}),
        **facts.slots,
        "file_digest": quote_text(file_digest),
        "refund_types": fill_part("refund_types", facts.slots, {"by_account": sessions.distributed_by is not None}),
    }
    started_at = sessions.column(own.started_at)
    return Mapping(
        schema=settings.database.schema_,
        search_path=search_path,
        timezone=own.timezone,
        sessions=sessions,
        key=charge_key(reader, settings, sessions, slots),
        file_digest=file_digest,
        fingerprint=fingerprint(settings, slots, search_path),
        amount_type=slots["amount_type"],
        running=tuple(own.running),
        live_key=", ".join(column.quoted for column in (started_at, key.column) if column and not column.expression),
        live_predicate=live_predicate(slots),
        status=status,
        accounts=reader.table("accounts.table", settings.accounts.table) if settings.accounts else None,
        moves_balances=moves,
        exact_balance=slots["balance_type"] in catalog.EXACT_TYPES,
        exact_spent=slots["spent_type"] in catalog.EXACT_TYPES,
        serialized=bool(facts.choices["serialized"]),
        ledger=ledger,
        slots=slots,
        lists=facts.choices,
        live_statuses=(*own.failed, *own.running),
        # the index compares names only where it has a function for that
        status_labels=reader.status_labels(slots["status_type"]) if slots["live_function"] else None,
    )
