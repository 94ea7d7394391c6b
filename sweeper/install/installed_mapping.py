"""Reads the file's mapping, and checks before every run that it is the installed one, and safe to pay under."""

from dataclasses import replace

from sweeper.app.fingerprint import compare_names
from sweeper.app.mapping import Mapping, read_mapping
from sweeper.app.search_path import require_own_path, require_own_schema
from sweeper.config.model import Settings
from sweeper.core.errors import ConfigurationError
from sweeper.install.functions import has_fence
from sweeper.install.guard import require_own_guard
from sweeper.install.ledger_link import check_link
from sweeper.install.own_ledger.changed_tables import (
    WHERE_ROTATED,
    OldLedger,
    changed_table,
    replaced_table,
    swapped_column,
)
from sweeper.install.own_ledger.missing_tables import require_whole
from sweeper.install.own_ledger.rekey import redefined_attempt
from sweeper.install.own_ledger.restored_tables import require_own_ledger
from sweeper.install.own_ledger.shared_guards import require_alone
from sweeper.install.state import Installation, read_installation
from sweeper.install.surroundings import CATALOG_TIMEOUTS, Surroundings
from sweeper.postgres.database import Database
from sweeper.postgres.transaction import Transaction


def open_mapping(
    database: Database, settings: Settings, *, guarded: bool = True, paying: bool = False
) -> tuple[Mapping, Installation]:
    """The installed mapping, checked against the file, the catalog and, unless it is not ``guarded``, the guard.

    Also that no role can plant functions in its search path that would run with our rights and, with ``paying``, that
    no other installation pays the same sessions.

    Raises:
        ConfigurationError: not installed, installed for another mapping, without its guard, planted in, or, with
            ``paying``, in another schema as well.
    """
    schema = settings.database.schema_
    with database.transaction(timeouts=CATALOG_TIMEOUTS) as transaction:
        require_own_schema(transaction, settings)
        installation = read_installation(transaction, schema)
    if installation is None or not installation.fingerprint:
        raise ConfigurationError(
            f"sweeper is not installed in this database (schema {schema}), or its installation did not "
            "finish: run `sweeper install`",
            code="not_installed",
        )
    with database.transaction(
        timeouts=CATALOG_TIMEOUTS, search_path=installation.search_path, timezone=settings.sessions.timezone
    ) as transaction:
        # a planted function would run as soon as the app's SQL is planned, even if nothing is written
        require_own_path(transaction, settings, installation.search_path)
        mapping = read_mapping(transaction, settings, installation.search_path)
        _require_version(installation)
        require_whole(transaction, mapping)
        require_same_key(transaction, mapping, installation)
        if mapping.fingerprint != installation.fingerprint:
            raise ConfigurationError(what_changed(mapping, installation), code="mapping_changed")
        require_same_tables(transaction, mapping, installation)
        require_same_labels(mapping, installation)
        if guarded:
            require_own_guard(transaction, mapping)
        if paying:
            require_alone(transaction, mapping, installation.bound, installation.guard_index)
        fenced = has_fence(transaction, mapping)
    return replace(mapping, fenced=fenced), installation


def open_file(
    database: Database, settings: Settings, surroundings: Surroundings
) -> tuple[Mapping, Installation | None]:
    """The mapping in the file, for a dry run: it may differ from the installed one, and nothing need be installed.

    Raises:
        ConfigurationError: the ledger that is there was written under another key, another schema has one, no refund
            would be found again, or somebody can plant functions in the search path.
    """
    schema = settings.database.schema_
    with database.transaction(timeouts=CATALOG_TIMEOUTS) as transaction:
        require_own_schema(transaction, settings)
        found = read_installation(transaction, schema)
    search_path = (found and found.search_path) or surroundings.search_path(schema)
    with database.transaction(
        timeouts=CATALOG_TIMEOUTS, search_path=search_path, timezone=settings.sessions.timezone
    ) as transaction:
        require_own_path(transaction, settings, search_path)
        mapping = read_mapping(transaction, settings, search_path)
        guard = found.guard_index if found and found.fingerprint == mapping.fingerprint else None
        require_alone(transaction, mapping, found.bound if found else None, guard)
        if found is None or found.fingerprint != mapping.fingerprint:  # else `install` has checked it
            check_link(transaction, mapping, settings.ledger)
        if found is None or not found.fingerprint:
            return mapping.before_install(), None
        _require_version(found)
        require_whole(transaction, mapping)
        require_same_key(transaction, mapping, found)
        if mapping.fingerprint == found.fingerprint:
            require_same_tables(transaction, mapping, found)
        require_same_labels(mapping, found)
        require_own_guard(transaction, mapping)
        mapping = replace(mapping, fenced=has_fence(transaction, mapping))
    return mapping, replace(found, horizon=None) if mapping.fingerprint != found.fingerprint else found


def what_changed(mapping: Mapping, installation: Installation) -> str:
    """How a mapping differs from the installed one, and what to do."""
    changed = "the mapping in the file, with the types of its columns, is not the one that is installed"
    names, alone = compare_names(installation.fingerprint, mapping.fingerprint)
    if not names:
        return f"{changed}: review the change, then run `sweeper install`"
    meaning = (
        f"{names}: a bare name in a subquery means another column than at installation, because a migration of the app "
        "added or dropped one, or an older sweeper, which did not look there, installed the file"
    )
    return (
        f"{meaning if alone else f'{changed}, and {meaning}, or the file was changed'}. Write s.NAME for the session's "
        "column, refund.NAME for the refund's, and the table's alias before any other, then run `sweeper install`"
    )


def _require_version(installation: Installation) -> None:
    if not installation.is_current:
        raise ConfigurationError(
            "the tables are of an older version of sweeper: run `sweeper install`, which upgrades them",
            code="mapping_changed",
        )


def require_same_key(transaction: Transaction, mapping: Mapping, installation: Installation) -> None:
    """Check that the key of a charge is still that of the refunds: its types may change without an install.

    Raises:
        ConfigurationError: it is not, or the ledger was put back; what is refunded could be paid again, or the reverse.
    """
    bound = installation.bound
    if bound is None:
        return
    require_own_ledger(mapping, bound, installation.ledger_oid)
    if changes := mapping.key.changes(bound) or redefined_attempt(transaction, mapping, bound):
        raise ConfigurationError(
            f"the key of a charge is not the one under which the refunds were written: {'; '.join(changes)}. Nothing "
            "was paid. If this change is intended, `sweeper install --rekey` translates them",
            code="key_changed",
        )
    ledger = OldLedger(mapping.slots["refunds"], mapping.slots["session_id"], as_text=False)
    changed = changed_table(transaction, mapping, bound, ledger)
    if changed:
        raise ConfigurationError(f"{changed}. Nothing was paid. {WHERE_ROTATED}", code="key_changed")


def require_same_tables(transaction: Transaction, mapping: Mapping, installation: Installation) -> None:
    """Check that the tables and columns that the installed file reads are those of the installation.

    Raises:
        ConfigurationError: another has taken the name of one that is still there.
    """
    bound = installation.bound
    if bound is None:
        return
    # in a restored database, an oid may be that of any other table
    if (mapping.key.table_oid, installation.ledger_oid) != (bound.table_oid, bound.ledger_oid):
        return
    if swapped := swapped_column(transaction, mapping, bound):
        raise ConfigurationError(
            f"{swapped}. Nothing was paid: review the file, then run `sweeper install`", code="mapping_changed"
        )
    if replaced := replaced_table(transaction, mapping, bound):
        raise ConfigurationError(
            f"{replaced}. Nothing was paid: rows may be missing there. Let the file read the old one or both, or, if "
            "the new one has all rows, run `sweeper install`",
            code="mapping_changed",
        )


def renamed_statuses(mapping: Mapping, installation: Installation) -> list[str]:
    """The failed and running statuses that now have the name of another one since the index was built."""
    bound = installation.bound_labels
    if mapping.status_labels is None or bound is None:
        return []
    return mapping.status_labels.renamed(bound, mapping.live_statuses)


def require_same_labels(mapping: Mapping, installation: Installation) -> None:
    """Check that the index on live sessions covers all of them: it does not change when statuses are renamed.

    Raises:
        ConfigurationError: a status has the name of another one now.
    """
    renamed = renamed_statuses(mapping, installation)
    if renamed:
        raise ConfigurationError(
            f"{', '.join(renamed)}: values of {mapping.slots['status_type']} were renamed to each other since "
            "`sweeper install` built its index, which is wrong now: sessions would not be found. Check what they mean "
            "now, then run `sweeper install`, which rebuilds the index",
            code="mapping_changed",
        )
