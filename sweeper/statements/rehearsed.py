"""Examples for the slots of a rehearsal's statements: columns of the mapped tables themselves."""

from collections.abc import Callable

from sweeper.app.catalog import INTEGER_TYPES, TEXT_TYPES, TIME_TYPES, Column
from sweeper.app.mapping import Mapping
from sweeper.postgres.templates import Choices, Slots, quote_name

REHEARSED = (
    "compare_charge_accounts", "compare_charges", "compare_newest_balances", "compare_past", "list_given_back",
    "find_marked", "find_missed_refunds", "find_refund_json", "find_refund_rows",
    "look_at_running", "sample_chain", "sample_entries", "compare_sums", "sample_columns", "try_marks",
    "compare_held", "count_different", "find_unpayable", "has_account", "list_accounts_of",
    "find_refund_texts", "list_json_keys", "find_linked",
    "list_filled", "list_ends", "try_sessions", "find_released", "list_status_names",
    "compare_clocks", "compare_named_accounts", "count_qualified",
    "count_outlived", "list_row_kinds", "list_texts", "try_amounts",
    "list_sessions_of", "read_amounts", "read_numbers", "count_subjects", "find_retried", "count_lots",
    "compare_planned", "find_refund_events", "list_parts", "find_partly_keyed", "sum_shares",
    "find_refund_keys", "compare_periods", "compare_invariant", "find_undone_charges",
    "find_other_spellings", "read_found_rows", "find_unmentioned", "find_nameless_refunds",
)  # fmt: skip

OF_LEDGER = (
    "compare_newest_balances", "find_linked", "compare_sums", "sample_chain", "sample_entries",
    "try_sessions", "compare_clocks", "count_qualified", "list_row_kinds",
    "count_lots", "find_refund_keys", "find_undone_charges", "find_other_spellings",
    "find_nameless_refunds",
)  # fmt: skip

_OF_ACCOUNTS = ("has_account", "compare_periods")
# columns of the app's ledger, which it need not have: then what reads them is not sent
COLUMNS = ("amount_column", "account_column", "moment", "column", "key")
_SORTED = (*INTEGER_TYPES, "uuid", *TEXT_TYPES)  # of these `check` takes one to sort the ledger by

_LEFT_OUT = (
    "account_column", "unsigned", "moment", "amount_column", "any_state", "unnamed", "netted", "content", "words",
    "json_key", "flag", "number", "of_ledger", "touched", "balance",
)  # fmt: skip


def rehearsed_slots(mapping: Mapping, name: str) -> dict[str, str]:
    """The slots of one such statement that are not those of the mapping alone; empty for any other statement."""
    if name not in REHEARSED:
        return {}
    key, slots = mapping.slots["key"], mapping.slots
    number = _first(mapping, lambda one: one.is_number)
    of_accounts = slots.get("accounts_key", key) if name in _OF_ACCOUNTS else key
    known = {
        "amount_column": number,
        "account_column": _account(mapping),
        "account_column_eq": slots.get("account_eq", ""),
        "past_where": slots.get("ledger_where", "true"),
        **{f"past_session{part}": slots.get(f"ledger_session{part}", "") for part in ("", "_as", "_eq")},
        "charged": slots["amount"],
        "mark": slots["exclude"],
        "beat": slots["active_at"],
        "table": slots["sessions"],
        "key": _first(mapping, lambda one: one.base_type in _SORTED) if name in OF_LEDGER else key,
        "link": of_accounts,
        "link_eq": slots["account_eq"],
        "column": number if name in OF_LEDGER else of_accounts,
        **dict.fromkeys(("column_eq", "other_column_eq", "key_eq", "kind_column_eq"), slots["session_eq"]),
        **dict.fromkeys(("column_type", "other_column_type", "key_type", "kind_column_type"), slots["session_type"]),
        **dict.fromkeys(("other_column", "other_link", "kind_column"), key),
        **dict.fromkeys(("past_account", "past_amount", "deadline", "ended_at", "value"), "NULL"),
        "moment": _first(mapping, lambda one: one.is_time)
        if name in ("compare_clocks", "find_nameless_refunds")
        else "",
        "json_key": "''",
        "filter": "true",
        "row": "l",
        "owner": f"({slots['account']}){slots['account_as']}",
        "owner_eq": slots["account_eq"],
        "owner_type": slots["account_type"],
    }
    return {slot: text for slot, text in known.items() if text or mapping.ledger is None or slot not in COLUMNS}


def rehearsed_choices(mapping: Mapping, name: str) -> Choices:
    """The choices for those statements: what their conditions depend on, and what they repeat."""
    if name not in REHEARSED:
        return {}
    key = mapping.slots["key"]
    column: Slots = {"column": key, "value": ""}
    looked: Slots = {"column": key, "condition": "", "number": "", "flag": "", "moment": "yes", "place": "0"}
    own = mapping.ledger.insert if mapping.ledger else {}
    no_kind = dict.fromkeys(("json", "money", "folded", "collation"), "")
    compared: list[Slots] = [
        {"column": text, "value": value, "place": str(place), "column_type": "text", **no_kind}
        for place, (text, value) in enumerate(own.items())
    ]
    written: list[Slots] = [{"column": text} for text in own]
    of_texts = ("find_refund_json", "find_refund_rows", "find_refund_texts", "find_refund_events")
    given: Choices = {
        "compared": compared,
        "unwritten": written,
        "read": written,
        "texts": [column] if name in of_texts else written,
        "columns": _of_sessions(mapping, times=name == "compare_planned"),
        "looked": [looked],
        "amounts": _numbers(mapping) if name == "count_different" else [],
        "numbers": _numbers(mapping) if name == "read_numbers" else [],
        "lowered": _lowered(mapping) if name == "sum_shares" else [],
        "charged": mapping.ledger is None,
    }
    return {
        **dict.fromkeys(("qualifiers", "others", "flags", "moments", "states", "sides", "parts", "kinds", "links"), ()),
        **dict.fromkeys(("by_exclude", "by_row", "unpaid", "of_text"), True),
        **dict.fromkeys(_LEFT_OUT, False),
        **given,
    }


def _lowered(mapping: Mapping) -> list[Slots]:
    """The shares of [accounts.add]; without them there is nothing to fill the statement with."""
    shares = mapping.choices["shares"]
    if not shares or not isinstance(shares, list):
        raise KeyError("shares")
    return [{"share": one["share"], "column": quote_name(one["name"])} for one in shares]


def _of_sessions(mapping: Mapping, *, times: bool) -> list[Slots]:
    columns = [one for one in mapping.sessions.columns.values() if not times or one.base_type in TIME_TYPES]
    return [
        {"column": one.quoted, "value": "", "computed": "", "place": str(place)} for place, one in enumerate(columns)
    ]


def _numbers(mapping: Mapping) -> list[Slots]:
    return [{"column": column.quoted} for column in mapping.sessions.columns.values() if column.is_number]


def _first(mapping: Mapping, fits: Callable[[Column], bool]) -> str:
    """The first fitting column of the app's ledger."""
    columns = mapping.ledger.table.columns.values() if mapping.ledger else ()
    return next((one.quoted for one in columns if fits(one)), "")


def _account(mapping: Mapping) -> str:
    written = mapping.ledger.insert.items() if mapping.ledger else ()
    return next((column for column, value in written if "account_id" in value), "")
