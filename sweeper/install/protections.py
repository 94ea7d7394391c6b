"""Compares the protections of an installation with what would be installed now."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache

from sweeper.app.mapping import Mapping
from sweeper.install.functions import fence_name, functions
from sweeper.install.indexes.indexes import live_function
from sweeper.postgres.templates import fill, fill_script
from sweeper.postgres.transaction import Row, Transaction

_FUNCTION = re.compile(r'CREATE (?:OR REPLACE )?FUNCTION "(?:[^"]|"")+"\.(\w+)\((.*?)\nAS (\$\w+\$)(.*?)\3', re.DOTALL)
_SETTING = re.compile(r"^SET ([\w.]+) = (.+)$", re.MULTILINE)
_TRIGGER = re.compile(r"(CREATE (?:OR REPLACE )?TRIGGER .+?);", re.DOTALL)
# the parts of SQL that matter: strings as they are, without comments and layout
_LAYOUT = re.compile(r"('(?:[^']|'')*')|(?:--[^\n]*|\s)+")
_PATH_ITEM = re.compile(r'"((?:[^"]|"")*)"|([^\s,]+)')


@dataclass(frozen=True)
class OwnFunction:
    """One function of sweeper: the lines of its body, its SET clauses in any order, and how it runs."""

    name: str
    source: str
    settings: frozenset[tuple[str, str]]
    with_owners_rights: bool
    language: str = "plpgsql"


@dataclass(frozen=True)
class Protections:
    """What ``install`` left in a database, and what it would put there now.

    ``fence_wanted``: the user asked for the fence. ``fence_trigger``: "" without one on the sessions. ``others``
    are the signatures of other functions named refund or fence, ``children`` tables that inherit from refunds or
    reversals, with these.
    """

    found: frozenset[OwnFunction]
    wanted: frozenset[OwnFunction]
    names: frozenset[str]
    others: tuple[str, ...]
    append_only: dict[str, bool]
    children: dict[str, str]
    fence_wanted: bool
    fence_trigger: str
    fence_enabled: bool
    wanted_trigger: str

    def intact(self, name: str) -> bool:
        """Whether the function ``name`` is what ``install`` would create now."""
        return any(one.name == name for one in self.wanted & self.found)

    @property
    def fence_stands(self) -> bool:
        """Whether the fence is on the table of sessions, enabled, and fires when it should."""
        return self.fence_enabled and self.fence_trigger == self.wanted_trigger


def fence_wanted(transaction: Transaction, mapping: Mapping) -> bool | None:
    """Whether ``install --fence`` has asked for the fence; None if the installation does not record it."""
    rows = transaction.rows(mapping.statement("read_fence_wanted"))
    return rows[0].fence if rows else None


def is_append_only(transaction: Transaction, mapping: Mapping) -> bool:
    """Whether neither refunds nor reversals can be edited or deleted."""
    own = _own_functions(_read_functions(transaction, mapping))
    (wanted,) = _parsed(fill_script("append_only", mapping.slots, mapping.choices))
    return wanted in own and all(row.stands for row in _append_only(transaction, mapping))


def read_protections(transaction: Transaction, mapping: Mapping, *, max_amount: Decimal | None) -> Protections:
    """Compare what ``install`` left in the database with what it would install now for this mapping."""
    rows = _read_functions(transaction, mapping)
    names = frozenset(row.name for row in rows)
    asked = fence_wanted(transaction, mapping)
    # if the installation does not record it, an existing function was asked for
    mapping = replace(mapping, fenced="fence" in names if asked is None else asked)
    script = functions(mapping, max_amount=max_amount)
    append_only = fill_script("append_only", mapping.slots, mapping.choices)
    live = live_function(mapping) if mapping.slots["live_function"] else ""
    wanted = _parsed(f"{append_only}\n{live}\n{script}")
    binds = {"table_name": mapping.sessions.qualified, "trigger_name": fence_name(mapping)}
    triggers = transaction.rows(fill("read_fence", {}), binds)
    found = _own_functions(rows)
    ours = {row.signature for row, own in zip(rows, found, strict=True) if own in wanted}
    guarded = _append_only(transaction, mapping)
    trigger = _TRIGGER.search(script)
    return Protections(
        found=frozenset(found),
        wanted=frozenset(wanted),
        names=names,
        others=tuple(row.signature for row in rows if row.name in ("refund", "fence") and row.signature not in ours),
        append_only={row.name: row.stands for row in guarded},
        children={row.child: row.name for row in guarded if row.child},
        fence_wanted=mapping.fenced,
        fence_trigger=_bare(triggers[0].definition) if triggers else "",
        fence_enabled=bool(triggers and triggers[0].enabled),
        wanted_trigger=_bare(trigger[1]) if trigger else "",
    )


def _read_functions(transaction: Transaction, mapping: Mapping) -> Sequence[Row]:
    return transaction.rows(fill("list_own_functions", {}), {"schema_name": mapping.schema})


def _append_only(transaction: Transaction, mapping: Mapping) -> Sequence[Row]:
    binds = {"names": [mapping.slots["refunds"], mapping.slots["reversals"]], "schema_name": mapping.schema}
    return transaction.rows(fill("list_append_only", {}), binds)


def _own_functions(rows: Sequence[Row]) -> list[OwnFunction]:
    return [
        OwnFunction(
            row.name,
            _bare_source(row.source),
            frozenset(_setting(*one.split("=", 1)) for one in row.settings),
            row.with_owners_rights,
            row.language,
        )
        for row in rows
    ]


def _parsed(script: str) -> list[OwnFunction]:
    """The functions that a script creates, as the server would store them."""
    return [
        OwnFunction(
            match[1],
            _bare_source(match[4]),
            frozenset(_setting(*one.groups()) for one in _SETTING.finditer(match[2])),
            "\nSECURITY DEFINER\n" in match[2],
        )
        for match in _FUNCTION.finditer(script)
    ]


@lru_cache(maxsize=64)  # what is installed is mostly what would be
def _bare_source(source: str) -> str:
    """A function's body without comments and layout, which an earlier version may have written differently."""
    return _LAYOUT.sub(lambda match: match[1] or " ", source).strip()


def _setting(name: str, value: str) -> tuple[str, str]:
    """A SET clause, as the script or as the server writes it."""
    if name.lower() == "search_path":
        items = [quoted.replace('""', '"') or bare for quoted, bare in _PATH_ITEM.findall(value)]
        return "search_path", "\x00".join(items)
    if value.startswith(("'", "E'")):
        text = value.removeprefix("E")[1:-1].replace("''", "'")
        value = text.replace("\\\\", "\\") if value.startswith("E") else text
    return name.lower(), value


def _bare(definition: str) -> str:
    """A trigger's definition without what the server writes differently: quotes, brackets, spaces, capitals."""
    return re.sub(r'["()\s]', "", definition.replace("OR REPLACE ", "")).lower()
