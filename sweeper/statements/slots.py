"""Fills statements with more than the names of the mapping: as the code that sends them does, or with examples."""

from dataclasses import dataclass
from datetime import datetime

from sweeper.app.mapping import Mapping
from sweeper.app.slots.ledger import Ledger, assigned
from sweeper.config.model import Settings
from sweeper.install.functions import function_slots, refund_function
from sweeper.install.grants import Read, fill_grant
from sweeper.install.ledger_link import columns_tried
from sweeper.install.state import SCHEMA_VERSION, Installation
from sweeper.postgres.templates import (
    Choices,
    Slots,
    files,
    fill,
    fill_part,
    fill_script,
    quote_name,
    quote_text,
    slots_of,
)
from sweeper.statements.rehearsed import REHEARSED, rehearsed_choices, rehearsed_slots

# a script is sent without binds, with its percent signs as they are
SCRIPTS = frozenset({
    "001_tables", "add_charged", "add_shares", "append_only", "attach_index", "begin_mapping", "create_index",
    "drop_index", "drop_live", "drop_other_refunds", "export_refunds", "fence", "live", "note_objects",
    "probe_expression", "probe_index", "probe_reading", "rekey", "release_fence", "revoke_defaults",
    "set_surroundings", "write_settings",
})  # fmt: skip
GRANTS = frozenset({"grant_auditor", "grant_layer", "grant_owner", "grant_read", "grant_runner"})
NOTES = {
    **dict.fromkeys(
        ("create_index", "drop_index"),
        "sweeper sends this one with CONCURRENTLY and outside any transaction, which could not be undone here.",
    ),
    **dict.fromkeys(GRANTS, "For the role that runs this, and whole tables; `install --print` names each column."),
    **dict.fromkeys(
        ("collation_of_expression", "explain_expression", "sample_number", "type_of_expression", "type_over_refund"),
        "Asked of every expression in the file; here of one of them.",
    ),
    **dict.fromkeys(REHEARSED, "`sweeper check` asks this of several columns, as it finds them; here of one or two."),
    "pay": "Here the batch has at most three sessions, owed ones where there are any.",
    "list_adoptable": "The condition is the one of `sweeper adopt --where`; here it is true of every session.",
    "rekey": "What `sweeper install --rekey` does depends on the old key; here the key is as it was.",
}  # fmt: skip
_DRAFTED = "`sweeper init` asks this of any table that it finds; here of a mapped one."
# statements that must be sent first in the same transaction
BEFORE = {"revoke_defaults": "note_objects"}
_REKEY = (
    "other_ids", "forget_attempts", "translate_attempts", "translate_empty_attempts", "other_accounts", "keeps_text",
    "same_attempts", "keeps_earlier",
)  # fmt: skip
_COMPARED = ("own", "same_accounts", "known_table", "ids_as_text", "only_failed")
_LIVE_INDEX = "sweeper_live_example"
# the role that GRANT names is replaced by the connected one
_ROLE = "CURRENT_USER"


def note_of(name: str) -> str:
    """What to know about a statement that is shown by itself; empty for most."""
    return NOTES.get(name, _DRAFTED if _is_of_draft(name) else "")


def _is_of_draft(name: str) -> bool:
    return files()[name].parent.name == "init" and bool(slots_of(name))


@dataclass(frozen=True)
class Filling:
    """Everything that a statement may be filled with."""

    mapping: Mapping
    settings: Settings
    installation: Installation
    as_of: datetime
    since: datetime

    def text(self, name: str) -> str:
        """The statement ``name``, filled; with its percent signs doubled unless it is a script.

        Raises:
            KeyError: the mapping has nothing to fill one of its slots with.
        """
        mapping = self.mapping
        if name == "refund":
            return refund_function(mapping, max_amount=self.settings.policy.max_amount)
        if name in GRANTS:
            tables = [mapping.sessions, *([mapping.ledger.table] if mapping.ledger else [])]
            reads = [Read(table.schema, table.name, ()) for table in tables]
            return fill_grant(mapping, name, _ROLE, reads, [])
        slots, choices = self._slots(name), self._choices(name)
        return fill_script(name, slots, choices) if name in SCRIPTS else fill(name, slots, choices)

    def is_script(self, name: str) -> bool:
        """Whether the percent signs of the filled statement are not doubled."""
        return name in SCRIPTS | GRANTS or name == "refund"

    def _choices(self, name: str) -> Choices:
        # of_database: as for version 14, which every other takes as well
        never = dict.fromkeys((*_REKEY, "sampled", "brief", "of_database"), False)
        of_others = {**dict.fromkeys(_COMPARED, True), **never}
        return {**self.mapping.choices, **of_others, **self._of_one(name), **rehearsed_choices(self.mapping, name)}

    def _of_one(self, name: str) -> Choices:
        ledger = self.mapping.ledger
        match name:
            case "create_index":
                return {"unique": False, "concurrently": False, "only": False, "partial": self.mapping.status.of_row}
            case "type_over_refund":
                return {"beside": [self.mapping.sessions.beside_refund("s")]}
            case "drop_index":
                return {"concurrently": False}
            case "probe_index":
                return {"partial": False}
            case "001_tables":
                return {"printed": False}
            case "probe_close":
                lists = self.mapping.lists
                if not lists["closes"]:
                    raise KeyError("closing")
                return {"closes_status": bool(lists["status_written"]), "set_columns": lists["closing"]}
            case "probe_insert" if ledger:
                return {"values": assigned(ledger.insert), "reads_session": self.mapping.lists["ledger_reads_session"]}
            case "try_link" | "try_where" if ledger and (own := self.settings.ledger):
                return {"written": _tried(ledger, own.where if name == "try_where" else own.session)}
        return {}

    def _slots(self, name: str) -> dict[str, str]:
        known = {**function_slots(self.mapping), **self._of_installation(), **self._of_other_keys()}
        known |= self._of_draft(name) if _is_of_draft(name) else self._examples().get(name, {})
        return {**known, **rehearsed_slots(self.mapping, name)}

    def _of_installation(self) -> dict[str, str]:
        mapping, installation = self.mapping, self.installation
        return {
            "installed_at": _moment(self.as_of),
            "schema_version": str(SCHEMA_VERSION),
            "search_path": quote_text(mapping.search_path),
            "charge_key": quote_text(mapping.key.to_json()),
            "bound_key": _text(installation.charge_key),
            "status_labels": _text(mapping.status_labels.to_json() if mapping.status_labels else None),
            "was_empty": "false",
            "fence_wanted": "true" if mapping.fenced else "false",
            "settings_text": quote_text(mapping.slots["settings"]),
            "guard_index": _text(installation.guard_index),
            "live_index": _text(installation.live_index),
            "owner": quote_name(mapping.sessions.owner),
            "owner_text": quote_text(mapping.sessions.owner),
        }

    def _of_other_keys(self) -> dict[str, str]:
        """Slots for statements about a change of key or schema, as if the key stayed the same."""
        slots = self.mapping.slots
        return {
            "old_session_id": slots["session_id"],
            "other_refunds": slots["refunds"],
            "other_reversals": slots["reversals"],
            "other_sessions": slots["sessions"],
            "other_id": slots["key"],
            "old_attempt": slots["attempt"],
            "old_attempt_is_known": "false",
        }

    def _examples(self) -> dict[str, dict[str, str]]:
        """The slots of a single statement, by its name."""
        mapping, slots, of_file = self.mapping, self.mapping.slots, self.settings.sessions
        index = {"table": slots["sessions"], "key": mapping.live_key}
        expression = {"table": slots["sessions"], "alias": "s"}
        return {
            "create_index": {**index, "index_name": quote_name(_LIVE_INDEX), "predicate": mapping.live_predicate},
            "read_literals": {"statuses": slots["failed"]},
            "drop_index": {"index": self.installation.live_index or quote_name(_LIVE_INDEX)},
            "drop_live": {"live_function": f"{slots['schema']}.live_0123456789"},
            "probe_expression": {"table": slots["sessions"], "expression": slots["live_status"]},
            "probe_index": index,
            "export_refunds": {"since": _moment(self.since), "until": _moment(self.as_of)},
            "list_adoptable": {f"adopted_{one}": slots[one] for one in ("account", "amount")} | {"condition": "true"},
            "sample_durations": {"ended_at": slots["also_read"], "beat": "NULL"} if of_file.ended_at else {},
            "collation_of_expression": {**expression, "expression": slots["error"]},
            **{
                name: {**expression, "expression": slots["amount"]}
                for name in ("explain_expression", "sample_number", "type_of_expression")
            },
            "type_over_refund": {"expression": "amount"},
        }

    def _of_draft(self, name: str) -> dict[str, str]:
        """Slots for a statement of `sweeper init` about a table of sessions, or a ledger."""
        slots = self.mapping.slots
        key, sessions = slots["key"], slots["sessions"]
        of_json = name == "draft_json_keys"
        cast = {"type": slots["session_type"], "collation": ""}
        typed = {"value": "NULL" if of_json else "line.link", "cast": fill_part("cast", cast, {"collated": False})}
        as_json = fill_part("cast", {"type": "jsonb", "collation": ""}, {"collated": False})
        known = {
            **dict.fromkeys(("table", "sessions", "target", "ledger", "accounts"), sessions),
            **dict.fromkeys(
                ("key", "session_key", "target_column", "label", "session", "parent", "payer", "order"), key
            ),
            **dict.fromkeys(("column", "status"), slots["status_column"] or key),
            **dict.fromkeys(("started", "ended", "at"), slots["started_at"]),
            **dict.fromkeys(("condition", "among", "succeeded", "running", "refunds", "failed"), "true"),
            **dict.fromkeys(("expression", "amount", "total"), slots["amount"]),
            "kind": slots["status"],
            "json": fill_part("typed", {"value": "NULL", "cast": as_json}),
            "typed": fill_part("typed", typed),
            **dict.fromkeys(("balance", "offset"), "0"),
        }
        match name:
            case "draft_epochs":  # it is a number
                known |= {"table": slots["refunds"], "key": "refund_id", "column": "amount"}
            case "sample_matches":
                known |= {"column": key}
            case "sample_marks":
                known |= {"failed": ", ".join(quote_text(status) for status in self.settings.sessions.failed)}
            case "try_expression":
                known |= {"condition": slots["live_condition"]}
        return known


def _moment(value: datetime) -> str:
    return quote_text(value.isoformat())


def _text(value: str | None) -> str:
    return "NULL" if value is None else quote_text(value)


def _tried(ledger: Ledger, text: str) -> list[Slots]:
    if (tried := columns_tried(ledger, text)) is None:
        raise KeyError("tried")
    return tried
