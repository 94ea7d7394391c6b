"""Decides what to do with sweeper's existing tables: a ledger is kept, and gets another key only on request."""

from collections.abc import Mapping as Mapped
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sweeper.app.mapping import Mapping
from sweeper.core.errors import ConfigurationError, SweeperError
from sweeper.install.own_ledger.changed_tables import WHERE_ROTATED
from sweeper.install.own_ledger.ledger_sessions import (
    changed_table_of,
    has_sessions_of,
    refuse_ledger_of_others,
    require_same_sessions,
    require_same_table,
)
from sweeper.install.own_ledger.other_installations import other_schemas, require_only_installation
from sweeper.install.own_ledger.own_tables import (
    SIGNS,
    OwnTables,
    find_own_tables,
    fits,
    key_changes,
    old_session_id,
    require_distributed,
)
from sweeper.install.own_ledger.rekey import (
    find_old_attempt,
    redefined_attempt,
    rekey_script,
    require_no_readers,
    require_translatable,
)
from sweeper.install.state import Installation, read_installation
from sweeper.postgres.templates import fill_script, quote_name
from sweeper.postgres.transaction import Row, Transaction

# columns of `refunds` that only some files use, each named after its choice, and the script that adds it
_ADDED_COLUMNS = {"charged": "add_charged", "shares": "add_shares"}


@dataclass(frozen=True)
class Takeover:
    """The scripts that create sweeper's own tables, and the notes about them.

    ``additions`` are those for columns that this mapping uses and the ledger does not have yet.
    ``translation`` gives the refunds another key, together with the mapping of that key. It is valid for a ledger
    that is still empty where it ``was_empty``.
    """

    scripts: tuple[str, ...]
    additions: tuple[str, ...]
    made: tuple[str, ...]
    translated: tuple[str, ...] = ()
    translation: str = ""
    was_empty: bool = False


def plan_takeover(
    transaction: Transaction,
    mapping: Mapping,
    installation: Installation | None,
    slots: Mapped[str, str],
    *,
    rekey: bool,
    printed: bool,
) -> Takeover:
    """Decide what to do with sweeper's own tables; changes nothing.

    SQL that is ``printed`` may wait for days until somebody runs it: then the floor is the moment at which it runs.

    Raises:
        ConfigurationError: the schema has tables of somebody else; the ledger has refunds under another key, and
            ``rekey`` is not given or cannot translate them; another schema has refunds of these sessions, or is
            installed over them.
    """
    found = find_own_tables(transaction, mapping, installation)
    _refuse_second_ledger(transaction, mapping, has_ledger="refunds" in found.tables)
    require_only_installation(transaction, mapping, found.bound)
    complete = found.tables.keys() == SIGNS.keys() and installation is not None
    current = complete and installation is not None and installation.is_current
    tables = fill_script("001_tables", slots, {**mapping.choices, "printed": printed})
    scripts = _without_defaults([] if current else [tables, fill_script("append_only", slots, mapping.choices)], slots)
    own = found.tables.get("refunds", {})
    added = [column for column in _ADDED_COLUMNS if mapping.choices[column] and column not in own]
    additions = tuple(fill_script(_ADDED_COLUMNS[column], slots) for column in added)
    if not own:
        made = [] if complete else [f"created schema {mapping.schema} and its tables"]
        return Takeover(scripts, additions, tuple(made))
    made = [] if complete else [f"took over the ledger of refunds in schema {mapping.schema}"]
    made += [f"added the column {column} to {mapping.schema}.refunds" for column in added]
    require_distributed(transaction, mapping)
    refuse_ledger_of_others(transaction, mapping, found)
    differs = list(key_changes(mapping, found))
    if found.bound is not None:
        redefined = redefined_attempt(transaction, mapping, found.bound)
        differs += redefined
        if not redefined:  # the refunds have the attempts that the definitions of today give
            found = replace(found, bound=replace(found.bound, definitions=mapping.key.definitions))
    changes = _changes_of_refunds(transaction, mapping, found, differs, rekey=rekey)
    translation, translated = "", tuple[str, ...]()
    if changes or not fits(mapping, found):
        translation = _translation(transaction, mapping, found, slots, differs)
        to_new_key = f"translated the refunds to the new key ({'; '.join(changes)})"
        translated = (to_new_key if changes else "brought the ledger up to date",)
    was_empty = not found.has_refunds and bool(differs or translation)
    return Takeover(scripts, additions, tuple(made), translated, translation, was_empty)


def _changes_of_refunds(
    transaction: Transaction, mapping: Mapping, found: OwnTables, differs: list[str], *, rekey: bool
) -> list[str]:
    """Why the refunds need another key, in words; empty where they do not, or there are none.

    Raises:
        ConfigurationError: they do, and ``rekey`` is not given or cannot translate them.
    """
    changes = differs if found.has_refunds else []
    if found.has_refunds and not changes:
        changed = changed_table_of(transaction, mapping, found)
        if changed and not rekey:
            raise ConfigurationError(f"{changed}. Nothing was changed. {WHERE_ROTATED}", code="key_changed")
        changes = [changed] if changed else []
    if mapping.is_by_account and (changes or not fits(mapping, found)):
        raise _not_translated(mapping, changes)
    if changes and not rekey:
        raise _key_changed(transaction, mapping, found, changes)
    return changes


def _translation(
    transaction: Transaction, mapping: Mapping, found: OwnTables, slots: Mapped[str, str], differs: Sequence[str]
) -> str:
    """The script that converts the refunds to the key of the file.

    Raises:
        ConfigurationError: they cannot be translated.
    """
    require_same_table(transaction, mapping, found)
    if found.has_refunds:
        require_same_sessions(transaction, mapping, found)
    old = old_session_id(mapping, found)
    if old is None:
        raise _key_changed(transaction, mapping, found, differs)
    old_attempt = find_old_attempt(transaction, mapping, found, old)
    require_translatable(transaction, mapping, found, old, old_attempt)
    require_no_readers(transaction, mapping)
    return rekey_script(mapping, found, old, old_attempt, slots)


def _without_defaults(scripts: Sequence[str], slots: Mapped[str, str]) -> tuple[str, ...]:
    """The scripts, so that the database's ALTER DEFAULT PRIVILEGES do not apply to what they create."""
    if not scripts:
        return ()
    return fill_script("note_objects", slots), *scripts, fill_script("revoke_defaults", slots)


def _not_translated(mapping: Mapping, changes: Sequence[str]) -> ConfigurationError:
    said = "; ".join(changes) or "the types of the ids"
    return ConfigurationError(
        f"the key of a charge is not the one that {mapping.schema}.refunds was created for: {said}. Refunds that Citus "
        "has distributed are not translated. Nothing was changed: keep the old key",
        code="key_changed",
    )


def _key_changed(
    transaction: Transaction, mapping: Mapping, found: OwnTables, changes: Sequence[str]
) -> ConfigurationError:
    said = f"the key of a charge is not the one under which the refunds in {mapping.schema}.refunds were written: "
    said += "; ".join(changes)
    if found.bound is not None and not has_sessions_of(transaction, mapping, found.bound):
        return ConfigurationError(
            f"{said}. A schema belongs to one table of sessions: a session with the id of a refunded one of the other "
            "table would never be paid. Name another schema in database.schema for this table",
            code="key_changed",
        )
    if old_session_id(mapping, found) is None:
        return ConfigurationError(
            f"{said}. The column of their ids is gone, so nothing shows which sessions were refunded. "
            "Nothing was changed: bring the column back, or map one that has its values",
            code="key_changed",
        )
    row = _count_paid_again(transaction, mapping, found, mapping.slots["schema"])
    return ConfigurationError(
        f"{said}. Under the new key {row.sessions} sessions that are refunded would be paid again ({row.credits} "
        "credits). Nothing was changed. `sweeper install --rekey` translates the existing refunds",
        code="key_changed",
    )


def _count_paid_again(
    transaction: Transaction, mapping: Mapping, found: OwnTables, schema: str, *, own: bool = False
) -> Row:
    slots = {
        "other_refunds": f"{schema}.refunds",
        "other_reversals": f"{schema}.reversals",
        # without the column no session has such an id
        "old_session_id": old_session_id(mapping, found) or "NULL",
    }
    # in an unknown table, or one that was created again, ids may be the same by chance
    known = found.bound is not None and found.bound.table_oid == mapping.key.table_oid
    return transaction.row(
        mapping.statement("count_paid_again", slots, {"own": own, "known_table": known, "same_accounts": True})
    )


def _refuse_second_ledger(transaction: Transaction, mapping: Mapping, *, has_ledger: bool) -> None:
    """Check that no other schema has refunds of the same sessions: from this one they would be paid again.

    Raises:
        ConfigurationError: one has, and this mapping would pay them.
    """
    for schema in other_schemas(transaction, mapping, "list_other_ledgers"):
        other = read_installation(transaction, schema)
        bound = other.bound if other else None
        if bound is not None and not has_sessions_of(transaction, mapping, bound):
            continue
        if mapping.is_by_account:
            raise ConfigurationError(
                f"schema {schema} has a ledger of refunds of {mapping.sessions.qualified}: from schema "
                f"{mapping.schema} they could be paid again. Nothing was changed. Go on with database.schema = "
                f"{schema!r}",
                code="second_ledger",
            )
        there = OwnTables({}, bound)
        if old_session_id(mapping, there) is None:
            raise ConfigurationError(
                f"schema {schema} has the refunds of {mapping.sessions.qualified}, under an id whose column "
                f"is gone: from schema {mapping.schema} they could be paid again. Nothing was changed",
                code="second_ledger",
            )
        try:
            with transaction.savepoint():
                paid = _count_paid_again(transaction, mapping, there, quote_name(schema), own=has_ledger)
        except SweeperError as error:
            if error.code == "privilege":  # this role may not read it: left to the role that installs
                continue
            raise
        if paid.sessions:
            raise ConfigurationError(
                f"schema {schema} has refunds of {paid.sessions} sessions ({', '.join(paid.samples)}) that "
                f"this mapping would pay again from schema {mapping.schema}: {paid.credits} credits. Nothing was "
                f"changed. Go on with database.schema = {schema!r}: `sweeper install` takes it over",
                code="second_ledger",
            )
