"""``sweeper audit``: the books of a period, the position as of now, and what is wrong, in one read-only snapshot."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sweeper.app.mapping import Mapping
from sweeper.app.transactions import read
from sweeper.audit.findings import Inspection, find, read_standing
from sweeper.audit.result import AccountTotal, AuditResult, Period, TimeToRefund
from sweeper.config.model import Settings
from sweeper.core.decimals import exactly
from sweeper.core.errors import ConfigurationError
from sweeper.core.results import Amount
from sweeper.install.installed_mapping import open_mapping
from sweeper.install.state import Installation
from sweeper.install.surroundings import read_surroundings
from sweeper.ledger.rate import read_rate
from sweeper.postgres.database import Database
from sweeper.postgres.retries import FIRST_ATTEMPTS, retrying
from sweeper.postgres.sqlstate import reported
from sweeper.postgres.templates import fill_script, quote_text
from sweeper.postgres.timeouts import READ_TIMEOUTS
from sweeper.postgres.transaction import Transaction
from sweeper.sweep.owed import OwedReader

_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True)
class AuditRequest:
    """The arguments of the command: the period; without one, the whole ledger."""

    as_of: datetime
    since: datetime | None = None
    until: datetime | None = None


def audit(database: Database, settings: Settings, request: AuditRequest) -> AuditResult:
    """Read the books.

    Raises:
        ConfigurationError: not installed, another mapping, or an empty period.
        FailedError: the database cannot be reached or read.
    """
    with exactly(), reported():
        mapping, installation = _open(database, settings)
        return read(database, mapping, lambda opened: _read(opened, mapping, installation, settings, request))


def export(database: Database, settings: Settings, request: AuditRequest, write: Callable[[str], object]) -> None:
    """Pass on the refunds of the period as CSV while they are read.

    Raises:
        ConfigurationError, FailedError: as an audit would, also in the middle.
    """
    with exactly(), reported():
        mapping, _ = _open(database, settings)

        def copy() -> None:
            with database.transaction(timeouts=READ_TIMEOUTS, read_only=True) as transaction:
                since, until = _bounds(transaction, mapping, request)
                period = {"since": quote_text(since.isoformat()), "until": quote_text(until.isoformat())}
                transaction.copy_out(fill_script("export_refunds", {**mapping.slots, **period}, mapping.choices), write)

        retrying(copy, attempts=1)  # what was already written to the file is kept


def _open(database: Database, settings: Settings) -> tuple[Mapping, Installation]:
    retrying(lambda: read_surroundings(database), attempts=FIRST_ATTEMPTS)
    return retrying(lambda: open_mapping(database, settings, guarded=False))  # a guard that is missing is a finding


def _read(
    transaction: Transaction, mapping: Mapping, installation: Installation, settings: Settings, request: AuditRequest
) -> AuditResult:
    since, until = _bounds(transaction, mapping, request)
    floor = installation.floor(settings.policy)
    inspection = Inspection.of(settings, request.as_of, floor, since, until)
    reader = OwedReader(transaction, mapping, replace(inspection.selection, since=floor))
    selection = replace(
        inspection.selection,
        missing_until=reader.find_missing(),
        first_charge=reader.find_first_charge(),
        ambiguous=reader.find_ambiguous(),
    )
    inspection = replace(inspection, selection=selection)
    period = {"since": since, "until": until}
    standing = read_standing(transaction, mapping, inspection)
    return AuditResult(
        as_of=request.as_of,
        since=since,
        until=until,
        period=_read_period(transaction, mapping, period),
        rate=read_rate(transaction, mapping, period["until"]),
        position=standing.position,
        findings=tuple(find(transaction, mapping, inspection, standing)),
        integer_amounts=mapping.integer_amounts,
    )


def _bounds(transaction: Transaction, mapping: Mapping, request: AuditRequest) -> tuple[datetime, datetime]:
    """The period; by default one that covers the whole ledger, with bounds that can be used as arguments again."""
    found = transaction.row(mapping.statement("find_bounds"))
    until = request.until or max(request.as_of, found.last or request.as_of) + _INSTANT
    since = request.since or min(found.first or request.as_of, until)
    if since >= until and request.since is not None:
        raise ConfigurationError(
            f"the period is empty: it begins {since.isoformat()} and ends {until.isoformat()}", code="usage"
        )
    return since, until


def _read_period(transaction: Transaction, mapping: Mapping, period: dict[str, datetime]) -> Period:
    kinds: dict[str, dict[str, Amount]] = {"all": {}, "reason": {}, "layer": {}, "day": {}}
    for row in transaction.rows(mapping.statement("period"), period):
        kinds[row.kind][row.name] = Amount.of(row)
    corrections = {
        row.kind: Amount.of(row) for row in transaction.rows(mapping.statement("period_corrections"), period)
    }
    waited = transaction.row(mapping.statement("time_to_refund"), period)
    accounts = transaction.rows(mapping.statement("largest_accounts"), period)
    pools = dict.fromkeys(mapping.shares, Amount())
    if mapping.shares:  # else there may be no such column
        for row in transaction.rows(mapping.statement("period_shares"), period):
            pools[row.name] = Amount.of(row)
    (refunded,) = kinds["all"].values()
    return Period(
        refunded=refunded,
        reversed=corrections["reversed"],
        adopted=corrections["adopted"],
        by_reason=kinds["reason"],
        by_layer=kinds["layer"],
        by_day=kinds["day"],
        time_to_refund=None if waited.max is None else TimeToRefund(waited.p50, waited.p95, waited.max),
        largest_accounts=tuple(AccountTotal(row.account_id, Amount.of(row)) for row in accounts),
        by_pool=pools,
    )
