"""What an installation records of the mapping: the key of a charge, and a digest of who gets how much."""

import json
import re
from collections.abc import Collection, Sequence
from collections.abc import Mapping as Mapped
from hashlib import sha256

from sweeper.app.catalog import MONEY, NAME, Table, subqueries, without_literals, words_in
from sweeper.app.charge_key import ChargeKey
from sweeper.app.named import functions_in, tables_in, tables_of
from sweeper.app.reader import Reader
from sweeper.app.slots.facts import Facts
from sweeper.app.values import DECISIVE, decisive_values, named_texts, values_over_rows
from sweeper.config.model import Settings
from sweeper.postgres.binds import text_array
from sweeper.postgres.templates import fill, quote_text
from sweeper.postgres.transaction import Row

# What of the database identifies the installed mapping, together with the decisive sections of the file: the types of
# what these name. A server may write the same SQL in several ways, while a file does not change.
_BOUND = (
    "sessions", "accounts", "ledger", "session_type", "session_collate", "account_type", "account_collate",
    "attempt_type", "attempt_collate", "status_type", "amount_type", "started_type", "balance_type",
    "ledger_session_type", "ledger_attempt_type", "shared_ids", "money_locale", "text_search", "number_locale",
    "time_locale",
)  # fmt: skip


_SEARCHES = re.compile(r"\w*to_ts(?:vector|query)\b|@@", re.IGNORECASE)
_FORMATS = re.compile(r"\bto_(?:char|number|date|timestamp)\b", re.IGNORECASE)
# as `read_settings` has them, where what they are for is used
_SETTINGS = {
    "has_money": ("money_locale",),
    "searches_text": ("text_search",),
    "formats": ("number_locale", "time_locale"),
}


def charge_key(reader: Reader, settings: Settings, sessions: Table, slots: Mapped[str, str]) -> ChargeKey:
    """The key of a charge, with its types and the columns that it is read from."""
    own = settings.sessions
    attempt = sessions.column(own.attempt) if own.attempt else None
    words = set(re.findall(r"\w+", (own.attempt or "").lower()))
    read = [column for name, column in sessions.columns.items() if name.lower() in words]
    types = {slots["session_type"], *(column.base_type for column in read)}
    key = next(column for column in sessions.columns.values() if column.quoted == slots["key"])
    others = _read_tables(reader, settings)
    accounts = {one.qualified: one.oid for one in reader.tables.values() if one.qualified == slots.get("accounts")}
    return ChargeKey(
        table=sessions.qualified,
        table_oid=sessions.oid,
        id=slots["key"],
        id_type=slots["session_type"] + slots["session_collate"],
        attempt=own.attempt,
        attempt_type=slots["attempt_type"] + slots["attempt_collate"],
        timezone=own.timezone if own.attempt else None,
        labels={name: list(labels) for name in sorted(types) if (labels := reader.labels(name))},
        id_number=key.number,
        attempt_number=attempt.number if attempt else None,
        reads={column.name: column.full_type for column in read},
        accounts_oid=next(iter(accounts.values()), None),
        columns=_named_columns(reader, settings, slots, {str(row.oid): row.numbers for row in others}),
        tables={row.name: row.oid for row in others} | accounts,
        definitions=_definitions(reader, own.attempt or "", sessions, [one.name for one in read if one.computed]),
    )


def _named_columns(
    reader: Reader, settings: Settings, slots: Mapped[str, str], in_subqueries: Mapped[str, dict[str, int]]
) -> dict[str, dict[str, int]]:
    """The columns that the file names, by the oid of their table, with their numbers."""
    found = dict(in_subqueries)
    for section, texts in named_texts(settings).items():
        words = {name for text in texts for name in words_in(text)}
        for table in reader.tables.values():
            if table.qualified == slots.get(section):
                named = words | {column.name for text in texts if (column := table.column(text))}
                numbers = {name: column.number for name, column in table.columns.items() if name in named}
                found[str(table.oid)] = found.get(str(table.oid), {}) | numbers
    return found


def _read_tables(reader: Reader, settings: Settings) -> Sequence[Row]:
    """The tables that subqueries of the file read, and the columns that they name."""
    ledger = settings.ledger
    of_ledger = [ledger.where, ledger.guard, *ledger.insert.values()] if ledger else []
    texts = [text for text in (*(text for _, text in decisive_values(settings)), *of_ledger) if text]
    queries = [query for text in texts for query in subqueries(text)]
    names = sorted({name for query in queries for name in tables_in(query)})
    columns = sorted({name for query in queries for name in words_in(_without_our_columns(query))})
    binds = {"names": text_array(names), "columns": text_array(columns)}
    return reader.transaction.rows(fill("list_read_tables", {}), binds) if names else []


def _definitions(reader: Reader, attempt: str, sessions: Table, generated: Collection[str]) -> dict[str, str]:
    """What the attempt is made of beside the session's row: another function or type may give another attempt.

    Also what those functions and views are made of themselves, and the ``generated`` columns of the sessions.
    """
    called, queries, found = functions_in(attempt), subqueries(attempt), dict[str, str]()
    while called or queries or generated:
        own = {(sessions.schema, sessions.name)} if generated else set()
        tables = sorted({one for query in queries for one in tables_of(query)} | own)
        binds = {
            "schemas": text_array([schema for schema, _ in called]),
            "names": text_array([name for _, name in called]),
            "table_schemas": text_array([schema for schema, _ in tables]),
            "tables": text_array([name for _, name in tables]),
            "columns": text_array(
                sorted({*generated, *(name for query in queries for name in words_in(_without_our_columns(query)))})
            ),
        }
        rows = reader.transaction.rows(fill("list_definitions", {}), binds)
        queries = [row.body for row in rows if row.body and row.name not in found]
        called, generated = sorted({one for body in queries for one in functions_in(body)}), ()
        found |= {row.name: row.definition for row in rows}
    return found


def _without_our_columns(query: str) -> str:
    """A subquery without the columns of the session and of the account, unless a table in it has that alias."""
    plain = without_literals(query)
    for alias in "sa":
        if not re.search(rf"\b{alias}\b(?!\s*\.)", plain, re.IGNORECASE):
            plain = re.sub(rf"\b{alias}\s*\.\s*(?:{NAME})", " ", plain, flags=re.IGNORECASE)
    return plain


def setting_slots(reader: Reader, settings: Settings) -> Facts:
    """The settings by which the mapping is read, and which anybody may change for himself.

    How many cents money has, where a mapped table has some; by which language texts are searched, and how numbers and
    times are written, where the file's SQL may do that.
    """
    texts = [without_literals(text) for _, text in values_over_rows(settings)]
    texts += [without_literals(settings.ledger.where)] if settings.ledger else []
    columns = [column for table in reader.tables.values() for column in table.columns.values()]
    used = {
        "has_money": any(column.base_type == MONEY for column in columns),
        "searches_text": any(map(_SEARCHES.search, texts)),
        "formats": any(map(_FORMATS.search, texts)),
    }
    names = [name for choice, listed in _SETTINGS.items() if used[choice] for name in listed]
    row = reader.transaction.row(fill("read_settings", {}))._asdict() if names else {}
    # the version of a database's own collation is known since 15
    known = {"of_database": reader.transaction.server_version >= 150_000}
    return Facts({name: quote_text(row[name]) for name in names}, used | known)


def fingerprint(settings: Settings, slots: Mapped[str, str], search_path: str) -> str:
    """A digest of all that decides who is paid, and how much; the reasons and the policy are not part of it.

    Behind it are the names in subqueries that mean a column outside of them as long as no table in there has one.
    """
    bound = {name: slots[name] for name in _BOUND if name in slots}
    return f"{digest([decisive(settings), bound, search_path])} {slots['outer_names']}".rstrip()


def compare_names(installed: str, current: str) -> tuple[str, bool]:
    """Which names of the file have got another meaning, "" if none, and whether nothing else has changed.

    By another column the type of an amount may change, too.
    """
    (before, names), (now, others) = (one.partition(" ")[::2] for one in (installed, current))
    changed = {*names.split(", ")} ^ {*others.split(", ")}
    return ", ".join(sorted(changed - {""})), before == now


def decisive(settings: Settings) -> dict[str, object]:
    """What the file itself says about who is paid, and how much."""
    return settings.model_dump(
        mode="json", by_alias=True, exclude_none=True, exclude_defaults=True, include=set(DECISIVE), exclude=DECISIVE
    )


def digest(value: object) -> str:
    """A digest of a value that JSON can express."""
    return sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
