"""What an installation finds of sweeper's own: it takes up a ledger, and never puts another key over one."""

from collections.abc import Iterator, Sequence
from collections.abc import Mapping as Mapped
from dataclasses import dataclass

from sweeper.app.catalog import Reader
from sweeper.app.charge_key import ChargeKey
from sweeper.app.mapping import Mapping
from sweeper.core.errors import ConfigurationError, SweeperError
from sweeper.install.rivals import require_only_installation
from sweeper.install.rotation import WHERE_ROTATED, OldLedger, changed_table, strangers
from sweeper.install.state import SCHEMA_VERSION, Installation, read_installation
from sweeper.postgres.templates import fill, fill_script, quote_name
from sweeper.postgres.transaction import Row, Transaction

# what a table must have to be ours, and not one of the app's with the same name
_SIGNS = {
    "refunds": {"refund_id", "session_id", "account_id", "attempt", "amount", "layer", "created_at"},
    "reversals": {"reversal_id", "refund_id", "made_by"},
    "runs": {"run_id", "as_of", "outcome"},
    "holds": {"session_id", "why", "first_seen"},
    "settings": {"installed_at", "fingerprint", "horizon"},
    "locks": {"name", "fingerprint"},
}


@dataclass(frozen=True)
class Found:
    """The tables of ours that are there, each with the types of its columns; ``bound`` is the key of the ledger.

    ``has_attempts`` tells that its refunds name attempts, ``of_sessions`` that some are of mapped sessions,
    ``of_attempts`` that some are of the attempts that these are at.
    """

    tables: dict[str, dict[str, str]]
    bound: ChargeKey | None
    has_refunds: bool = False
    has_attempts: bool = False
    of_sessions: bool = True
    of_attempts: bool = True


@dataclass(frozen=True)
class Takeover:
    """The scripts that make sweeper's own tables, and what is to be said of them.

    ``translation`` gives the refunds another key: only together with the mapping of that key. It is good for a ledger
    that is still empty where it ``was_empty``.
    """

    scripts: tuple[str, ...]
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
) -> Takeover:
    """Decide what is to be done to sweeper's own tables; changes nothing.

    Raises:
        ConfigurationError: the schema has tables of somebody else; the ledger has refunds under another key, and
            ``rekey`` is not given or cannot translate them; another schema has refunds of these sessions, or is
            installed over them.
    """
    found = _find(transaction, mapping, installation)
    _refuse_second_ledger(transaction, mapping, has_ledger="refunds" in found.tables)
    require_only_installation(transaction, mapping, found.bound)
    complete = found.tables.keys() == _SIGNS.keys() and installation is not None
    current = complete and installation is not None and installation.schema_version == SCHEMA_VERSION
    scripts = [] if current else [fill_script("001_tables", slots), fill_script("append_only", slots)]
    actions = [] if complete else [f"created schema {mapping.schema} and its tables"]
    if "refunds" not in found.tables:
        return Takeover(_without_defaults(scripts, slots), tuple(actions))
    if not complete:
        actions = [f"took up the ledger of refunds in schema {mapping.schema}"]
    _refuse_ledger_of_others(transaction, mapping, found)
    differs = list(_changes(mapping, found))
    changes = differs if found.has_refunds else []
    translation, translated = "", tuple[str, ...]()
    if found.has_refunds and not changes:
        changed = _changed_table(transaction, mapping, found)
        if changed and not rekey:
            raise ConfigurationError(f"{changed}. Nothing was changed. {WHERE_ROTATED}", code="key_changed")
        changes = [changed] if changed else []
    if changes and not rekey:
        raise _key_changed(transaction, mapping, found, changes)
    if changes or not _fits(mapping, found):
        _require_same_table(transaction, mapping, found)
        if found.has_refunds:
            _require_same_sessions(transaction, mapping, found)
        _require_translatable(transaction, mapping, found)
        translation = _rekey_script(transaction, mapping, found, slots)
        translated = (
            f"translated the refunds to the new key ({'; '.join(changes)})"
            if changes
            else "brought the ledger up to date",
        )
    was_empty = not found.has_refunds and bool(differs or translation)
    return Takeover(_without_defaults(scripts, slots), tuple(actions), translated, translation, was_empty)


def _without_defaults(scripts: Sequence[str], slots: Mapped[str, str]) -> tuple[str, ...]:
    """The scripts so that what ALTER DEFAULT PRIVILEGES of the database gives does not stick to what they make."""
    if not scripts:
        return ()
    return fill_script("note_objects", slots), *scripts, fill_script("revoke_defaults", slots)


def _find(transaction: Transaction, mapping: Mapping, installation: Installation | None) -> Found:
    tables: dict[str, dict[str, str]] = {}
    rows = transaction.rows(fill("list_own_columns", {}), {"schema_name": mapping.schema})
    for row in rows:
        tables.setdefault(row.table_name, {})[row.column_name] = row.type
    strangers = [name for name, columns in tables.items() if not _SIGNS[name] <= columns.keys()]
    if strangers and len(strangers) < len(tables):
        lost = {f"{name}.{column}" for name in strangers for column in _SIGNS[name] - tables[name].keys()}
        raise ConfigurationError(
            f"sweeper's tables in schema {mapping.schema} have lost {', '.join(sorted(lost))}: bring that back. From "
            "another schema what is refunded would be paid again",
            code="ledger_broken",
        )
    if strangers:
        raise ConfigurationError(
            f"database.schema = {mapping.schema!r}: it has tables that are not sweeper's ({', '.join(strangers)}): "
            "name another schema",
            code="mapping",
        )
    bound = installation.bound if installation else None
    if "refunds" not in tables:
        return Found(tables, bound)
    state = transaction.row(mapping.statement("read_ledger_state", old_session_id=mapping.slots["session_id"]))
    return Found(tables, bound, state.has_refunds, state.has_attempts, state.of_sessions, state.of_attempts)


def _fits(mapping: Mapping, found: Found) -> bool:
    """Whether the ledger's columns have the types of the mapping."""
    columns, slots = found.tables["refunds"], mapping.slots
    wanted = {name: slots[f"{part}_type"] + slots[f"{part}_collate"] for name, part in _TYPED.items()}
    return "again" in columns and all(columns[name] == kind for name, kind in wanted.items())


_TYPED = {"session_id": "session", "account_id": "account", "attempt": "attempt"}


def _changes(mapping: Mapping, found: Found) -> Iterator[str]:
    if found.bound is not None:
        yield from mapping.key.changes(found.bound)
        return
    # an older installation, or a ledger that was kept without its settings: what it was made for is told by its columns
    kind = found.tables["refunds"]["session_id"]
    if kind != mapping.key.id_type.partition(" COLLATE ")[0] and kind != mapping.key.id_type:
        yield f"the type of sessions.id was {kind} and is {mapping.key.id_type}"
    if not found.of_sessions:
        yield f"none of the refunds is of a session that is in {mapping.sessions.qualified}"
    if not found.of_attempts and mapping.key.attempt is not None:
        yield "the attempts of the refunds are none that sessions.attempt gives"
    if found.has_attempts and mapping.key.attempt is None:
        yield "sessions.attempt was given and is not any more"
    if not found.has_attempts and mapping.key.attempt is not None:
        yield "sessions.attempt was not given, or null, and is now"


def _key_changed(
    transaction: Transaction, mapping: Mapping, found: Found, changes: Sequence[str]
) -> ConfigurationError:
    said = f"what a charge is known by is not what the refunds in {mapping.schema}.refunds were written under: "
    said += "; ".join(changes)
    if found.bound is not None and not mapping.key.of_table(found.bound):
        return ConfigurationError(
            f"{said}. A schema belongs to one table of sessions: a session with the id of a refunded one of the other "
            "table would never be paid. Name another schema in database.schema for this table",
            code="key_changed",
        )
    if _old_session_id(mapping, found) is None:
        return ConfigurationError(
            f"{said}. The column that their ids are of is gone, so nobody can tell which sessions were refunded. "
            "Nothing was changed: bring the column back, or map one that has its values",
            code="key_changed",
        )
    row = _count_paid_again(transaction, mapping, found, mapping.slots["refunds"], mapping.slots["reversals"])
    return ConfigurationError(
        f"{said}. Under the new key {row.sessions} sessions that are refunded would be paid again ({row.credits} "
        "credits). Nothing was changed. `sweeper install --rekey` translates the refunds that there are",
        code="key_changed",
    )


def _require_same_table(transaction: Transaction, mapping: Mapping, found: Found) -> None:
    if found.bound is None or mapping.key.of_table(found.bound):
        return
    if transaction.rows(fill("find_table", {}), {"name": found.bound.table}):
        raise ConfigurationError(
            f"the refunds in {mapping.schema}.refunds are of {found.bound.table}, which is still there: name another "
            f"schema in database.schema for {mapping.sessions.qualified}. Nothing was changed",
            code="key_changed",
        )


def _changed_table(transaction: Transaction, mapping: Mapping, found: Found) -> str:
    ledger = _ledger_of(mapping, found)
    return changed_table(transaction, mapping, found.bound, ledger) if found.bound and ledger else ""


def _ledger_of(mapping: Mapping, found: Found) -> OldLedger | None:
    """The ledger, to be compared with the sessions; none where the column that its ids are of is gone."""
    old = _old_session_id(mapping, found)
    return OldLedger(mapping.slots["refunds"], old, same_accounts=_same_accounts(mapping, found)) if old else None


def _refuse_ledger_of_others(transaction: Transaction, mapping: Mapping, found: Found) -> None:
    """Check a ledger that does not say what it is of: another id, or another table, may have the same values.

    Raises:
        ConfigurationError: the sessions that have the ids of its refunds are others than those that were refunded.
    """
    ledger = _ledger_of(mapping, found)
    if found.bound is not None or ledger is None or not found.has_refunds or not found.of_sessions:
        return
    told = strangers(transaction, mapping, ledger)
    if told:
        raise ConfigurationError(
            f"{told}: {mapping.schema}.refunds was written under another table, sessions.id or sessions.account than "
            f"{mapping.sessions.qualified}, {mapping.key.id} and its account. Nothing was changed. Map those that it "
            "was written under and install them first, or name another schema in database.schema",
            code="key_changed",
        )


def _require_same_sessions(transaction: Transaction, mapping: Mapping, found: Found) -> None:
    """Check that a table that was made anew has the sessions of the refunds, before it takes the bound one's place.

    Raises:
        ConfigurationError: it has not; what is owed would pass for refunded.
    """
    ledger = _ledger_of(mapping, found)
    if found.bound is None or ledger is None or mapping.key.table_oid == found.bound.table_oid:
        return
    told = strangers(transaction, mapping, ledger)
    if told:
        raise ConfigurationError(
            f"the refunds in {mapping.schema}.refunds are of another table of sessions: {told}. Nothing was changed. "
            f"Name another schema in database.schema for {mapping.sessions.qualified}",
            code="key_changed",
        )


def _count_paid_again(
    transaction: Transaction, mapping: Mapping, found: Found, refunds: str, reversals: str, *, own: bool = False
) -> Row:
    slots = {
        **mapping.slots,
        "other_refunds": refunds,
        "other_reversals": reversals,
        # where the column is gone no session has such an id
        "old_session_id": _old_session_id(mapping, found) or "NULL",
    }
    # in a table that nobody knows, or that was made anew, ids may be the same by chance
    known = found.bound is not None and found.bound.table_oid == mapping.key.table_oid
    return transaction.row(
        fill("count_paid_again", slots, {**mapping.choices, "own": own, "known_table": known, "same_accounts": True})
    )


def _old_session_id(mapping: Mapping, found: Found) -> str | None:
    """The column of the sessions that the ledger's ids are of, as SQL; none when it is gone."""
    bound, columns = found.bound, mapping.sessions.columns.values()
    if bound is None or mapping.key.same_id(bound):
        return mapping.slots["session_id"]
    if bound.table_oid == mapping.key.table_oid and bound.id_number is not None:
        known = [column.quoted for column in columns if column.number == bound.id_number]
    else:
        known = [column.quoted for column in columns if column.quoted == bound.id]
    return f"s.{known[0]}" if known else None


def _attempts(mapping: Mapping, found: Found) -> str | None:
    """How the attempts in the ledger become those of the mapping: what the script asks for."""
    if mapping.key.attempt is None:
        return "forget_attempts"
    if found.bound is None:
        known = found.has_attempts and found.of_attempts
        return "translate_empty_attempts" if known else "translate_attempts"
    return None if mapping.key.same_attempt_texts(found.bound) else "translate_attempts"


def _require_translatable(transaction: Transaction, mapping: Mapping, found: Found) -> None:
    old, new = _old_session_id(mapping, found), mapping.slots["session_id"]
    if old is None:
        raise _key_changed(transaction, mapping, found, list(_changes(mapping, found)))
    # an empty text is an attempt that was null, and no value of most types
    which = {"translate_attempts": "true", "translate_empty_attempts": "r.attempt::text = ''"}
    translated = which.get(_attempts(mapping, found) or "", "false")
    keeps_text = mapping.takes_any_attempt(empty=translated != "true")
    slots = {
        **mapping.slots,
        "old_session_id": old,
        "id_changed": "true" if old != new else "false",
        "attempt_changed": translated,
        # of a session that is gone nobody asks again: its attempt stays what it was, where the type takes any text
        "attempt_is_lost": "false" if keeps_text else translated,
        **_kept_attempts(transaction, mapping, found),
    }
    rows = transaction.rows(fill("list_untold", slots, mapping.choices))
    if rows:
        samples = ", ".join(row.session_id for row in rows)
        raise ConfigurationError(
            f"{rows[0].refunds} refunds cannot be translated, because their sessions do not tell the new key: they are "
            f"gone, have no id or no attempt, or were refunded for several charges ({samples}). Nothing was changed",
            code="key_changed",
        )
    if translated != "false" or (mapping.key.attempt is None and _had_attempts(found)):
        _require_settled(transaction, mapping, found, old, translated if translated != "false" else "true")


def _had_attempts(found: Found) -> bool:
    return found.has_attempts if found.bound is None else found.bound.attempt is not None


def _require_settled(
    transaction: Transaction, mapping: Mapping, found: Found, old_session_id: str, translated: str
) -> None:
    """Check that no session was charged again since its refund: of which charge the refund is, would get lost.

    Raises:
        ConfigurationError: some look so.
    """
    old_attempt = _old_attempt(transaction, mapping, found)
    slots = {
        **mapping.slots,
        "old_session_id": old_session_id,
        "attempt_changed": translated,
        "old_attempt": old_attempt or "NULL",
        "old_attempt_is_told": "true" if old_attempt else "false",
    }
    if "runs" not in found.tables:
        slots["runs"] = fill_script("before_install/runs", mapping.slots)
    rows = transaction.rows(fill("list_charged_again", slots, mapping.choices))
    if not rows:
        return
    samples = ", ".join(row.session_id for row in rows)
    way_out = (
        "Refund them first: `sweeper run` under the mapping before"
        if _had_attempts(found)
        else "The ledger knows one charge of each: settle these by hand, then name them in sessions.exclude"
    )
    raise ConfigurationError(
        f"{rows[0].sessions} sessions look charged again since their refund ({samples}): under the new key it would "
        f"pass for a refund of the new charge, which would never be paid. Nothing was changed. {way_out}",
        code="key_changed",
    )


def _old_attempt(transaction: Transaction, mapping: Mapping, found: Found) -> str | None:
    """The expression that the attempts in the ledger are of, as SQL; none where it does not give the same texts now."""
    bound, columns = found.bound, mapping.sessions.columns
    if bound is None or bound.attempt is None or bound.attempt == mapping.key.attempt:
        return None
    same = all(name in columns and columns[name].full_type == kind for name, kind in bound.reads.items())
    if not same or bound.timezone != mapping.timezone:
        return None
    reader = Reader(transaction, mapping.schema)
    if any(label not in reader.labels(name) for name, labels in bound.labels.items() for label in labels):
        return None
    try:
        return reader.expression("sessions.attempt", bound.attempt, mapping.sessions).sql
    except ConfigurationError:
        return None


def _same_accounts(mapping: Mapping, found: Found) -> bool:
    kind = found.tables["refunds"]["account_id"].partition(" COLLATE ")[0]
    return kind == mapping.slots["account_type"]


def _kept_attempts(transaction: Transaction, mapping: Mapping, found: Found) -> dict[str, str]:
    """The slots that tell of which charge a refund is, where the new attempts' type takes the text of the old ones."""
    old = _old_attempt(transaction, mapping, found) if mapping.takes_any_attempt(empty=True) else None
    return {"old_attempt": old or "NULL", "old_attempt_is_told": "true" if old else "false"}


def _rekey_script(transaction: Transaction, mapping: Mapping, found: Found, slots: Mapped[str, str]) -> str:
    old, new = _old_session_id(mapping, found), mapping.slots["session_id"]
    attempts = _attempts(mapping, found)
    choices = {
        **mapping.choices,
        "other_ids": old != new,
        "other_accounts": not _same_accounts(mapping, found),
        **{how: how == attempts for how in ("forget_attempts", "translate_attempts", "translate_empty_attempts")},
    }
    slots = {**slots, "old_session_id": old or new, **_kept_attempts(transaction, mapping, found)}
    return fill_script("rekey", slots, choices)


def _refuse_second_ledger(transaction: Transaction, mapping: Mapping, *, has_ledger: bool) -> None:
    """Another schema may have refunds of the same sessions: from this one they would be paid again.

    Raises:
        ConfigurationError: it has, and this mapping would pay them.
    """
    for row in transaction.rows(fill("list_other_ledgers", {}), {"schema_name": mapping.schema}):
        prefix = quote_name(row.schema_name)
        other = read_installation(transaction, row.schema_name)
        bound = other.bound if other else None
        if bound is not None and not mapping.key.of_table(bound):
            continue
        there = Found({}, bound)
        if _old_session_id(mapping, there) is None:
            raise ConfigurationError(
                f"schema {row.schema_name} has the refunds of {mapping.sessions.qualified}, under an id whose column "
                f"is gone: from schema {mapping.schema} they could be paid again. Nothing was changed",
                code="second_ledger",
            )
        try:
            with transaction.savepoint():
                paid = _count_paid_again(
                    transaction,
                    mapping,
                    there,
                    f"{prefix}.refunds",
                    f"{prefix}.reversals",
                    own=has_ledger,
                )
        except SweeperError as error:
            if error.code == "privilege":  # not this role's to read: then not this role's to judge
                continue
            raise
        if paid.sessions:
            raise ConfigurationError(
                f"schema {row.schema_name} has refunds of {paid.sessions} sessions ({', '.join(paid.samples)}) that "
                f"this mapping would pay again from schema {mapping.schema}: {paid.credits} credits. Nothing was "
                f"changed. Go on with database.schema = {row.schema_name!r}: `sweeper install` takes it up",
                code="second_ledger",
            )
