"""``sweeper install --rekey``: converts existing refunds to the key of the mapping in the file."""

import json
from collections.abc import Mapping as Mapped

from sweeper.app.charge_key import ChargeKey
from sweeper.app.mapping import Mapping
from sweeper.app.reader import Reader
from sweeper.core.errors import ConfigurationError
from sweeper.install.own_ledger.own_tables import OwnTables, same_accounts
from sweeper.postgres.errors import Refusal
from sweeper.postgres.templates import fill, fill_part, fill_script, quote_text
from sweeper.postgres.transaction import Transaction

_READ = (
    "the refunds cannot be translated while {} read their columns: {}. Drop them, and create them again after the "
    "installation. Nothing was changed"
)


def require_translatable(
    transaction: Transaction, mapping: Mapping, found: OwnTables, old_session_id: str, old_attempt: str | None
) -> None:
    """Check that every refund can get the key of the mapping.

    ``old_session_id`` is the column that has its id now, and ``old_attempt`` the result of ``find_old_attempt``.

    Raises:
        ConfigurationError: some cannot, or their sessions look charged again; the message has their number and samples.
    """
    choices = _changes(mapping, found, old_session_id)
    slots = {"old_session_id": old_session_id, **_kept_attempts(mapping, old_attempt)}
    # a session that is gone is not read again: its attempt stays as it was, if the type accepts any text
    keeps_text = mapping.takes_any_attempt(empty=not choices["translate_attempts"])
    rows = transaction.rows(mapping.statement("list_untranslatable", slots, {**choices, "keeps_text": keeps_text}))
    if rows:
        samples = ", ".join(row.session_id for row in rows)
        raise ConfigurationError(
            f"{rows[0].refunds} refunds cannot be translated, because their sessions do not give the new key: they are "
            f"gone, have no id or no attempt, or were refunded for several charges ({samples}). Nothing was changed",
            code="key_changed",
        )
    _require_same_values(transaction, mapping, found, old_session_id)
    translates = choices["translate_attempts"] or choices["translate_empty_attempts"]
    if translates or (mapping.key.attempt is None and _had_attempts(found)):
        _require_settled(transaction, mapping, found, old_session_id, old_attempt)


def _require_same_values(transaction: Transaction, mapping: Mapping, found: OwnTables, old_session_id: str) -> None:
    """Check that a migration that gave the ids or attempts another type has not changed the values themselves.

    Raises:
        ConfigurationError: sessions look refunded under an id or attempt that the table no longer has.
    """
    choices = {
        "same_attempts": found.bound is not None and _attempts(mapping, found) is None,
        "same_accounts": same_accounts(mapping, found),
    }
    rows = transaction.rows(mapping.statement("list_changed_keys", {"old_session_id": old_session_id}, choices))
    if rows:
        samples = ", ".join(row.session_id for row in rows)
        raise ConfigurationError(
            f"{rows[0].sessions} sessions look refunded under another id or attempt ({samples}): account, amount and "
            f"time of failure are those of refunds whose own sessions {mapping.sessions.qualified} does not have any "
            "more. They would be paid again. Nothing was changed. Give them the ids and attempts that they had, or "
            "name them in sessions.exclude",
            code="key_changed",
        )


def require_no_readers(transaction: Transaction, mapping: Mapping) -> None:
    """Check that no view, and no condition of a trigger, reads a column whose type the conversion changes.

    Raises:
        ConfigurationError: some do; the message names them.
    """
    rows = transaction.rows(mapping.statement("list_readers_of_refunds"))
    if views := ", ".join(row.name for row in rows if row.is_view):
        raise ConfigurationError(_READ.format("views", views), code="views")
    if triggers := ", ".join(row.name for row in rows):
        raise ConfigurationError(_READ.format("the conditions of triggers", triggers), code="triggers")


def _had_attempts(found: OwnTables) -> bool:
    return found.has_attempts if found.bound is None else found.bound.attempt is not None


def _require_settled(
    transaction: Transaction, mapping: Mapping, found: OwnTables, old_session_id: str, old_attempt: str | None
) -> None:
    """Check that no session was charged again since its refund: it would not be known which charge the refund is for.

    Raises:
        ConfigurationError: some look as if they were.
    """
    slots = {"old_session_id": old_session_id, **_known_attempts(old_attempt)}
    if "runs" not in found.tables:
        slots["runs"] = fill_part("no_runs", mapping.slots)
    statement = mapping.statement("list_charged_again", slots, _changes(mapping, found, old_session_id))
    rows = transaction.rows(statement)
    if not rows:
        return
    samples = ", ".join(row.session_id for row in rows)
    before = found.bound.timezone if found.bound else None
    if before not in (None, mapping.timezone):
        with transaction.undone():
            transaction.rows(fill("set_zone", {}), {"timezone": before})
            if not transaction.rows(statement):
                raise ConfigurationError(
                    f"sessions.timezone was {before} and is {mapping.timezone}: read in that, {rows[0].sessions} "
                    f"sessions were started, or failed, after their refund ({samples}), and in {before} none was. "
                    "Nothing was changed. The timezone in the file is not the one in which the app writes its times",
                    code="key_changed",
                )
    way_out = (
        "Refund them first: `sweeper run` under the previous mapping; or settle them by hand, then name them in "
        "sessions.exclude"
        if _had_attempts(found)
        else "The ledger knows only one charge of each: settle these by hand, then name them in sessions.exclude"
    )
    raise ConfigurationError(
        f"{rows[0].sessions} sessions look charged again since their refund ({samples}): under the new key it would "
        f"pass for a refund of the new charge, which would never be paid. Nothing was changed. {way_out}",
        code="key_changed",
    )


def _attempts(mapping: Mapping, found: OwnTables) -> str | None:
    """The choices of the script for converting the ledger's attempts to those of the mapping."""
    if mapping.key.attempt is None:
        return "forget_attempts"
    if found.bound is None:
        known = found.has_attempts and found.of_attempts
        return "translate_empty_attempts" if known else "translate_attempts"
    return None if mapping.key.same_attempt_texts(found.bound) else "translate_attempts"


def find_old_attempt(transaction: Transaction, mapping: Mapping, found: OwnTables, old_session_id: str) -> str | None:
    """The expression that the ledger's attempts are from, as SQL; None if it does not give the same texts now."""
    bound, columns = found.bound, mapping.sessions.columns
    if bound is None or bound.attempt is None:
        return None
    if mapping.key.same_attempt(bound):
        return _attempt_before(transaction, mapping, bound, old_session_id)
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


def _attempt_before(transaction: Transaction, mapping: Mapping, bound: ChargeKey, old_session_id: str) -> str | None:
    """The attempt as it was before its type changed, or its enum's values were renamed; None if it was another then."""
    renamed = mapping.key.renamed_labels(bound)
    before = {"old_type": bound.attempt_type, "old_labels": quote_text(json.dumps(renamed))}
    old = fill_part("attempt_before", {**mapping.slots, **before}, {"renamed": bool(renamed)})
    slots = {"old_session_id": old_session_id, "old_attempt": old}
    statement = mapping.statement("compare_attempts", slots, {"only_failed": False})
    try:
        with transaction.savepoint():
            return old if transaction.row(statement).most else None
    except Refusal:  # a value that the old type does not have
        return None


def redefined_attempt(transaction: Transaction, mapping: Mapping, bound: ChargeKey) -> list[str]:
    """What ``sessions.attempt`` reads beside the row and gives another attempt than most refunds have, in words."""
    names = mapping.key.redefined(bound)
    if not names or _keeps_attempts(transaction, mapping):
        return []
    return [f"{', '.join(names)}, which sessions.attempt reads, was changed, and gives another attempt"]


def _keeps_attempts(transaction: Transaction, mapping: Mapping) -> bool:
    slots = {"old_session_id": mapping.slots["session_id"], "old_attempt": mapping.slots["attempt"]}
    try:
        with transaction.savepoint():
            statement = mapping.statement("compare_attempts", slots, {"only_failed": True})
            return transaction.row(statement).most is not False
    except Refusal:
        return False


def _known_attempts(old: str | None) -> dict[str, str]:
    """The slots for the attempt that a session had under the previous key."""
    return {"old_attempt": old or "NULL", "old_attempt_is_known": "true" if old else "false"}


def _kept_attempts(mapping: Mapping, old_attempt: str | None) -> dict[str, str]:
    """The slots for which charge a refund is of, if the new attempt's type accepts the text of the old one."""
    return _known_attempts(old_attempt if mapping.takes_any_attempt(empty=True) else None)


def rekey_script(
    mapping: Mapping, found: OwnTables, old_session_id: str, old_attempt: str | None, slots: Mapped[str, str]
) -> str:
    """The SQL that gives every refund the key of the mapping; the old key as for ``require_translatable``."""
    choices = {**mapping.choices, **_changes(mapping, found, old_session_id)}
    slots = {**slots, "old_session_id": old_session_id, **_kept_attempts(mapping, old_attempt)}
    return fill_script("rekey", slots, choices)


def _changes(mapping: Mapping, found: OwnTables, old_session_id: str) -> dict[str, bool]:
    attempts = _attempts(mapping, found)
    had_none = found.bound is not None and not _had_attempts(found)
    return {
        "other_ids": old_session_id != mapping.slots["session_id"],
        "other_accounts": not same_accounts(mapping, found),
        # charges of a time when they were told apart have numbers that no session has
        "keeps_earlier": had_none and mapping.takes_any_attempt(empty=False),
        **{how: how == attempts for how in ("forget_attempts", "translate_attempts", "translate_empty_attempts")},
    }
