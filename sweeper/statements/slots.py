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
from sweeper.postgres.templates import Choices, Slots, fill, fill_part, fill_script, quote_name, quote_text
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
    **dict.fromkeys(
        (
            "sample_condition", "sample_marks", "sample_matches", "sample_signs", "sample_values", "try_expression",
            "draft_charges", "draft_clock", "draft_durations", "draft_epochs", "draft_json_keys",
            "draft_labels", "draft_marked_failures", "draft_nulls", "draft_refund_rows", "draft_retried",
            "draft_running_total", "draft_signs_of_life", "draft_texts", "draft_zones",
        ),
        "`sweeper init` asks this of any table that it finds; here of a mapped one.",
    ),
    **dict.fromkeys(REHEARSED, "`sweeper check` asks this of several columns, as it finds them; here of one or two."),
    "pay": "Here the batch has at most three sessions, owed ones where there are any.",
    "list_adoptable": "The condition is the one of `sweeper adopt --where`; here it is true of every session.",
    "rekey": "What `sweeper install --rekey` does depends on the old key; here the key is as it was.",
}  # fmt: skip
# statements that must be sent first in the same transaction
BEFORE = {"revoke_defaults": "note_objects"}
_REKEY = (
    "other_ids", "forget_attempts", "translate_attempts", "translate_empty_attempts", "other_accounts", "keeps_text",
    "same_attempts", "keeps_earlier",
)  # fmt: skip
_COMPARED = ("own", "same_accounts", "known_table", "ids_as_text")
_LIVE_INDEX = "sweeper_live_example"
# the role that GRANT names is replaced by the connected one
_ROLE = "CURRENT_USER"


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
        return {**known, **self._examples().get(name, {}), **rehearsed_slots(self.mapping, name)}

    def _of_installation(self) -> dict[str, str]:
        mapping, installation = self.mapping, self.installation
        return {
            "installed_at": quote_text(self.as_of.isoformat()),
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
        mapping, slots = self.mapping, self.mapping.slots
        sessions = self._of_sessions()
        index = {"table": slots["sessions"], "key": mapping.live_key}
        expression = {"table": slots["sessions"], "alias": "s"}
        condition = {**sessions, "condition": slots.get("account_condition", "true")}
        if mapping.has_accounts:
            condition |= {"table": slots["accounts"], "key": slots["accounts_id"]}
        of_file = self.settings.sessions
        failed = ", ".join(quote_text(status) for status in of_file.failed)
        return {
            "create_index": {
                **index,
                "index_name": quote_name(_LIVE_INDEX),
                "predicate": mapping.live_predicate,
            },
            "read_literals": {"statuses": slots["failed"]},
            "drop_index": {"index": self.installation.live_index or quote_name(_LIVE_INDEX)},
            "drop_live": {"live_function": f"{slots['schema']}.live_0123456789"},
            "probe_expression": {"table": slots["sessions"], "expression": slots["live_status"]},
            "probe_index": index,
            "export_refunds": {
                "since": quote_text(self.since.isoformat()),
                "until": quote_text(self.as_of.isoformat()),
            },
            "list_adoptable": {
                "adopted_account": slots["account"],
                "adopted_amount": slots["amount"],
                "condition": "true",
            },
            "sample_durations": {"ended_at": slots["also_read"], "beat": "NULL"} if of_file.ended_at else {},
            "collation_of_expression": {**expression, "expression": slots["error"]},
            **{
                name: {**expression, "expression": slots["amount"]}
                for name in ("explain_expression", "sample_number", "type_of_expression")
            },
            "type_over_refund": {"expression": "amount"},
            **self._of_drafts(),
            "sample_condition": condition,
            "sample_marks": {**sessions, "status": sessions["column"], "failed": failed},
            "sample_matches": {
                **sessions,
                "column": slots["key"],
                "target": slots["sessions"],
                "target_column": slots["key"],
            },
            "sample_signs": {**sessions, "kind": slots["status"], "amount": slots["amount"], "session": slots["key"]},
            "sample_values": sessions,
            "try_expression": {**sessions, "expression": slots["amount"], "condition": slots["live_condition"]},
        }

    def _of_sessions(self) -> dict[str, str]:
        slots = self.mapping.slots
        return {"table": slots["sessions"], "key": slots["key"], "column": slots["status_column"] or slots["key"]}

    def _of_drafts(self) -> dict[str, dict[str, str]]:
        """Slots for the statements of `sweeper init` about a table of sessions, or a ledger."""
        slots = self.mapping.slots
        sessions = self._of_sessions()
        moments = {"started": slots["started_at"], "ended": slots["started_at"], "at": slots["started_at"]}
        times = {**sessions, **moments, "succeeded": "true", "running": "true"}
        links = {**sessions, "sessions": slots["sessions"], "session_key": slots["key"]}
        links |= {"session": slots["key"], "parent": slots["key"], "refunds": "true"}
        cast = fill_part("cast", {"type": slots["session_type"], "collation": ""}, {"collated": False})
        as_json = fill_part("cast", {"type": "jsonb", "collation": ""}, {"collated": False})
        return {
            "draft_charges": {**sessions, "expression": slots["amount"], "condition": "true"},
            "draft_clock": times,
            "draft_durations": times,
            "draft_signs_of_life": times,
            "draft_json_keys": {
                **links, "json": fill_part("typed", {"value": "NULL", "cast": as_json}),
                "typed": fill_part("typed", {"value": "NULL", "cast": cast}),
            },
            "draft_epochs": {"table": slots["refunds"], "key": "refund_id", "column": "amount"},  # it is a number
            "draft_labels": {**sessions, "label": slots["key"]},
            "draft_marked_failures": {**sessions, "condition": "true", "failed": "true"},
            "draft_nulls": {**sessions, "condition": "true"},
            "draft_refund_rows": {**links, "typed": fill_part("typed", {"value": "line.link", "cast": cast})},
            "draft_retried": {**links, "typed": fill_part("typed", {"value": "line.link", "cast": cast})},
            "draft_running_total": {
                "ledger": slots["sessions"], "payer": slots["key"], "order": slots["key"], "total": slots["amount"],
                "accounts": slots["sessions"], "key": slots["key"], "balance": "0",
            },
            "draft_texts": {**sessions, "condition": "true"},
            "draft_zones": {"offset": "0"},
        }  # fmt: skip


def _text(value: str | None) -> str:
    return "NULL" if value is None else quote_text(value)


def _tried(ledger: Ledger, text: str) -> list[Slots]:
    if (tried := columns_tried(ledger, text)) is None:
        raise KeyError("tried")
    return tried
