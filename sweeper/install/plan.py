"""Plans an installation: everything is checked before anything is changed."""

from dataclasses import dataclass, replace
from datetime import datetime

from sweeper.app.mapping import Mapping, read_mapping
from sweeper.app.search_path import require_own_path
from sweeper.config.model import Settings
from sweeper.core.errors import SweeperError
from sweeper.install.checks import check_ledger_rows, check_owner, check_writes, require_fence
from sweeper.install.functions import functions, has_fence
from sweeper.install.grants import grants
from sweeper.install.guard import has_own_guard
from sweeper.install.hooks import read_hooks
from sweeper.install.indexes.index import Index
from sweeper.install.indexes.indexes import Changes, compare
from sweeper.install.ledger_link import check_link
from sweeper.install.own_ledger.shared_guards import require_own_guard_rows
from sweeper.install.own_ledger.takeover import Takeover, plan_takeover
from sweeper.install.protections import is_append_only
from sweeper.install.state import SCHEMA_VERSION, read_installation
from sweeper.postgres.database import Database
from sweeper.postgres.templates import fill, fill_script, quote_text
from sweeper.postgres.timeouts import Timeouts
from sweeper.postgres.transaction import Transaction


@dataclass(frozen=True)
class Steps:
    """Everything that an installation will do."""

    mapping: Mapping
    own: Takeover
    indexes: Changes
    functions: str
    settings: str
    grants: dict[str, str]
    new_fence: str
    search_path: str
    surroundings: str
    protected_again: str
    notes: tuple[str, ...]


def plan(
    database: Database, settings: Settings, search_path: str, as_of: datetime | None, *, fence: bool, rekey: bool
) -> Steps:
    """Check everything, and decide what to do; changes nothing."""
    timeouts, zone = Timeouts(statement_ms=0, idle_ms=60_000), settings.sessions.timezone
    with database.transaction(timeouts=timeouts, search_path=search_path, timezone=zone) as transaction:
        if as_of is not None:  # before any SQL of the app is planned, for which the server may call a function
            require_own_path(transaction, settings, search_path)
        mapping = read_mapping(transaction, settings, search_path)
        fenced = has_fence(transaction, mapping)
        installed = read_installation(transaction, mapping.schema)
        require_fence(mapping, asked=fence, stands=fenced)
        wanted = fence or fenced or (installed is not None and installed.fence)
        mapping = replace(mapping, fenced=wanted and not mapping.without_fence)
        slots = _slots(mapping, as_of)
        own = plan_takeover(transaction, mapping, installed, slots, rekey=rekey, printed=as_of is None)
        check_writes(transaction, mapping)
        check_link(transaction, mapping, settings.ledger)
        own_guard = own.scripts != () or bool(own.translation) or has_own_guard(transaction, mapping)
        indexes = compare(transaction, mapping, installed.bound_labels if installed else None, own_guard=own_guard)
        require_own_guard_rows(transaction, mapping, indexes.guard.qualified if indexes.guard else None)
        check_ledger_rows(transaction, mapping, settings, as_of)
        unprotected = installed is not None and not is_append_only(transaction, mapping)
        notes = _notes(transaction, mapping)
        rights = {}
        if as_of is None:
            rights = _rights(transaction, mapping, settings)
        else:
            check_owner(mapping, indexes.build)
    slots |= {
        "guard_index": _name_of(indexes.guard),
        "live_index": _name_of(indexes.live),
        "bound_key": quote_text(installed.charge_key) if installed and installed.charge_key else "NULL",
        "was_empty": "true" if own.was_empty else "false",
    }
    # ALTER DEFAULT PRIVILEGES of the database must not apply to what is created in between
    before, after = fill_script("note_objects", slots), fill_script("revoke_defaults", slots)
    made = [fill_script("append_only", slots, mapping.choices)] if unprotected else []
    made.append(functions(mapping, max_amount=settings.policy.max_amount))
    return Steps(
        mapping,
        own,
        indexes,
        "\n\n".join([fill_script("begin_mapping", slots), own.translation, before, *made, after]),
        fill_script("write_settings", slots, mapping.choices),
        rights,
        mapping.sessions.qualified if mapping.fenced and not fenced else "",
        search_path,
        fill_script("set_surroundings", {"path": search_path, "timezone": quote_text(zone)}),
        f"{mapping.schema}.refunds and {mapping.schema}.reversals" if unprotected else "",
        notes,
    )


def _notes(transaction: Transaction, mapping: Mapping) -> tuple[str, ...]:
    """Notes for the user who installs, one on a line."""
    notes = []
    if transaction.row(fill("read_owner", {}), {"schema_name": mapping.schema}).superuser:
        notes.append(
            "refund() runs with the rights of a superuser, its owner: `sweeper install --print` ends with a role of "
            "its own for it"
        )
    sum_of_ledger = mapping.ledger is not None and not mapping.has_accounts
    if not (mapping.moves_balances or sum_of_ledger) or read_hooks(transaction, mapping):
        notes.append(
            f"triggers of the app's own (hooks) on {mapping.slots['refunds']} and {mapping.slots['reversals']} are "
            "created by the owner of these tables, or by a role that has the right: GRANT TRIGGER ON TABLE. Their "
            "functions run with the rights of whoever runs sweeper, unless they are SECURITY DEFINER"
        )
    return tuple(notes)


def _rights(transaction: Transaction, mapping: Mapping, settings: Settings) -> dict[str, str]:
    try:
        return grants(transaction, mapping, settings)
    except SweeperError as error:
        if error.code != "privilege":
            raise
        return {"": "left out: working them out needs the right to create a temporary view"}


def _slots(mapping: Mapping, as_of: datetime | None) -> dict[str, str]:
    return {
        **mapping.slots,
        "installed_at": quote_text(as_of.isoformat()) if as_of else "",
        "schema_version": str(SCHEMA_VERSION),
        "fingerprint": quote_text(mapping.fingerprint),
        "search_path": quote_text(mapping.search_path),
        "charge_key": quote_text(mapping.key.to_json()),
        "status_labels": quote_text(mapping.status_labels.to_json()) if mapping.status_labels else "NULL",
        "fence_wanted": "true" if mapping.fenced else "false",
    }


def _name_of(index: Index | None) -> str:
    return quote_text(index.qualified) if index else "NULL"
