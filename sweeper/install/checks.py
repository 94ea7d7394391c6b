"""What an installation checks before it changes anything: that the mapping can be written, guarded and owned."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from sweeper.app.mapping import Mapping
from sweeper.app.slots.ledger import Ledger, assigned
from sweeper.config.model import Settings
from sweeper.core.errors import ConfigurationError, FailedError, SweeperError
from sweeper.install.indexes.index import Index
from sweeper.postgres.errors import Refusal
from sweeper.postgres.transaction import Transaction

_SECTIONS = {"closing": "close"}


def check_writes(transaction: Transaction, mapping: Mapping) -> None:
    """Let the server plan what a refund writes to the app's tables: its error names a value that does not fit."""
    probes = list(_session_probes(mapping))
    if mapping.ledger:
        sections = {"insert": mapping.ledger.insert, "reverse": mapping.ledger.reverse}
        reads = {"insert": "ledger_reads_session", "reverse": "reverse_reads_session"}
        for name, values in sections.items():
            choices = {"values": assigned(values), "reads_session": mapping.lists[reads[name]]}
            if values:
                probes.append((f"ledger.{name}", mapping.statement("probe_insert", choices=choices)))
    for key, probe in probes:
        try:
            with transaction.savepoint():
                transaction.rows(probe)
        except (Refusal, SweeperError) as error:
            if getattr(error, "code", "") != "privilege":  # the role that runs may differ from the one that installs
                raise ConfigurationError(f"{key}: {error.message}", code="mapping") from None


def _session_probes(mapping: Mapping) -> Iterator[tuple[str, str]]:
    """What is written to the session's row: the section of the file, and the statement that has the server plan it."""
    for name in ("refunded", "reversed", "closing"):  # the columns that close a session include those that mark it
        closes_status = name == "closing" and bool(mapping.lists["status_written"])
        if closes_status or mapping.lists[name]:
            choices = {"closes_status": closes_status, "set_columns": mapping.lists[name]}
            yield f"sessions.{_SECTIONS.get(name, name)}", mapping.statement("probe_close", choices=choices)


def require_fence(mapping: Mapping, *, asked: bool, stands: bool) -> None:
    """Check that there can be a fence, if one is asked for or already exists.

    Raises:
        ConfigurationError: no trigger on the sessions sees each change of the status.
    """
    if (asked or stands) and mapping.without_fence:
        then = "" if asked else ": `sweeper install --release` removes the existing one"
        raise ConfigurationError(f"{mapping.without_fence}: there is no fence for it{then}", code="mapping")


def check_owner(mapping: Mapping, indexes: tuple[Index, ...]) -> None:
    """Check that this role owns the tables that get an index or the fence.

    Raises:
        FailedError: it does not.
    """
    if mapping.fenced and not mapping.sessions.owned:
        raise FailedError(
            f"only the owner of {mapping.sessions.name} can put the fence on it: run `sweeper install` as its owner, "
            "or give the owner what `sweeper install --print` writes. Nothing was changed",
            code="privilege",
        )
    for index in indexes:
        if not index.owned:
            raise FailedError(
                f"only the owner of {index.table} can add an index to it: run `sweeper install` as its owner, or give "
                "the owner what `sweeper install --print` writes. Nothing was changed",
                code="privilege",
            )


def check_ledger_rows(transaction: Transaction, mapping: Mapping, settings: Settings, as_of: datetime | None) -> None:
    """Check that the rows of the app's ledger do not break the guard already.

    Raises:
        ConfigurationError: some sessions have several refunds; the message has a guard for newer rows alone.
    """
    if mapping.ledger is None or settings.ledger is None or not mapping.ledger.guarded:
        return
    rows = transaction.rows(mapping.statement("list_double_refunds"))
    if not rows:
        return
    samples = ", ".join(f"{row.session_id} ({row.refunds} refunds)" for row in rows)
    several = "1 session has" if rows[0].sessions == 1 else f"{rows[0].sessions} sessions have"
    newer = _newer_rows(mapping.ledger, mapping.timezone, as_of)
    raise ConfigurationError(
        f"{several} more than one refund in {mapping.ledger.table.name}, which the guard does "
        f"not allow: {samples}. Nothing was changed. Fix them, or let the guard cover only what comes from now on, "
        f"in [ledger]:\n  guard = '''({settings.ledger.where}) AND {newer} '''",
        code="guard_broken_by_rows",
    )


def _newer_rows(ledger: Ledger, timezone: str, as_of: datetime | None) -> str:
    times = [column for column in ledger.table.columns.values() if column.base_type.startswith("timestamp")]
    if not times or as_of is None:
        return "<what is true of new rows only>"
    # the time of creation by its name, else the first time
    column = min(times, key=lambda column: "creat" not in column.name.lower())
    local = as_of.astimezone(ZoneInfo(timezone)).replace(microsecond=0)
    moment = local if column.base_type.endswith("with time zone") else local.replace(tzinfo=None)
    return f"{column.quoted} >= '{moment.isoformat(sep=' ')}'"
