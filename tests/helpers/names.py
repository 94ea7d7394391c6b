"""An app whose tables have a column for every name that a statement gives to anything.

Each value of its file reads all of them: one that finds a column of ours instead is an error, or another number.
"""

import re

from sweeper.postgres.templates import folder
from tests.helpers.any_app import App

REFUND = ("refund_id", "session_id", "account_id", "attempt", "amount", "reason", "detail", "layer", "run_id", "at")
_NAMED = re.compile(r"\bAS (?:MATERIALIZED )?([a-z_0-9]+)\b|\b(?!pg_catalog\b)[a-z]+\.([a-z_0-9]+)\b")
_LISTED = re.compile(r"\bAS [a-z_]+ \(([a-z_, 0-9]+)\)")
# made up for the columns of a list; the rest of sql/ reads the catalog, or tables that are not mapped yet
_OF_LISTS = {"share_1", "share_2", "value_0", "value_1", "value_2", "balance_before", "balance_after"}
_WITHOUT_MAPPING = {"app", "init", "install"}
_INSTALLED = {"refund", "fence", "list_charged_again"}
_OF_EVERY_TABLE = {"ctid"}


def names() -> list[str]:
    """Every name that a statement over the mapping gives to a row or to a column."""
    found = {*REFUND, *_OF_LISTS}
    for path in folder().rglob("*.sql"):
        if path.parent.name in _WITHOUT_MAPPING and path.stem not in _INSTALLED and "parts" not in path.parts:
            continue
        text = re.sub(r"--.*|'[^'\n]*'", "", path.read_text())
        found |= {name for match in _NAMED.finditer(text) for name in match.groups() if name}
        found |= {name for match in _LISTED.finditer(text) for name in match[1].split(", ")}
    return sorted(name for name in found - _OF_EVERY_TABLE if not name.startswith("sweeper_"))


NAMES = names()
# nothing, where each name is the column of the row that the value of the file is over
NIL = "(CASE WHEN 17 = ALL (ARRAY[" + ", ".join(f'"{name}"' for name in NAMES) + "]) THEN 0 ELSE 1 END)"
_COLUMNS = ", ".join(f'"{name}" int NOT NULL DEFAULT 17' for name in NAMES)
_WRITTEN = ", ".join(f"z_{name} text" for name in REFUND)
TABLES = f"""
DROP TABLE IF EXISTS jobs, wallets;
CREATE TABLE wallets (z_id text PRIMARY KEY, z_free numeric DEFAULT 40, z_paid numeric DEFAULT 60, {_COLUMNS});
CREATE TABLE jobs (
    z_key text NOT NULL, z_owner text, z_state text, z_price int, z_error text, z_tries int DEFAULT 1, z_gone boolean,
    z_began timestamptz NOT NULL, z_seen timestamptz, z_failed timestamptz, z_ended timestamptz, z_of_session int,
    z_flag text, {_WRITTEN}, {_COLUMNS}, PRIMARY KEY ({{key}})
) {{partitions}};
CREATE TABLE entries (
    z_entry uuid PRIMARY KEY, z_job text, z_wallet text, z_kind text, z_credits numeric, z_try int, z_before numeric,
    z_after numeric, z_time timestamptz, z_of_session int, z_line bigint GENERATED ALWAYS AS IDENTITY,
    {_WRITTEN}, {_COLUMNS}
);
"""
ROWS = """
INSERT INTO wallets (z_id) VALUES ('w'), ('x');
INSERT INTO jobs (z_key, z_owner, z_state, z_price, z_error, z_began, z_seen, z_failed) VALUES
    ('f', 'w', 'failed', 3, 'no', '2026-11-23 10:00Z', '2026-11-23 10:00Z', '2026-11-23 10:00Z'),
    ('g', 'w', 'failed', 4, NULL, '2026-11-23 10:01Z', NULL, NULL),
    ('h', 'x', 'failed', 6, 'no', '2026-11-23 10:01Z', NULL, NULL),
    ('i', 'x', 'failed', 7, 'grace', '2026-11-23 10:00Z', NULL, '2026-11-23 11:59Z'),
    ('r', 'w', 'running', 5, NULL, '2026-11-23 09:00Z', '2026-11-23 09:30Z', NULL),
    ('a', 'w', 'running', 8, NULL, '2026-11-23 09:00Z', '2026-11-23 11:59Z', NULL),
    ('d', 'w', 'done', 9, NULL, '2026-11-23 09:00Z', NULL, NULL);
UPDATE jobs SET z_ended = z_began + interval '10 minutes' WHERE z_state = 'done';
"""
PARTITIONS = (
    "PARTITION BY RANGE (z_began);"
    "CREATE TABLE jobs_1 PARTITION OF jobs FOR VALUES FROM ('2026-01-01') TO ('2026-11-23 10:01Z');"
    "CREATE TABLE jobs_2 PARTITION OF jobs FOR VALUES FROM ('2026-11-23 10:01Z') TO ('2027-01-01')"
)
COLUMNS = {"status": "z_state", "started_at": "z_began"}


def over(value: str) -> str:
    """A value of the file that reads every name of its row."""
    return f"CASE WHEN {NIL} = 0 THEN {value} END"


def named_app(app: App, *, columns: bool, ledger: bool, attempts: bool, partitions: bool = False) -> App:
    """The app, with every value an expression over all names; with ``columns`` status and start are plain."""
    key = {"key": "z_key, z_began", "partitions": PARTITIONS} if partitions else {"key": "z_key", "partitions": ""}
    app.sql(TABLES.format(**key))
    app.sql(ROWS)
    app.sections["sessions"] = {
        "table": "jobs", "id": "z_key", "failed": ["failed"], "running": ["running"], "succeeded": ["done"],
        "account": over("z_owner"), "status": over("z_state"), "started_at": over("z_began"),
        "active_at": over("z_seen"), "failed_at": over("z_failed"), "ended_at": over("z_ended"),
        "error": over("z_error"), "amount": f"z_price + {NIL}", "charged": f"z_price + {NIL}",
        "exclude": f"z_gone OR {NIL} <> 0", "never": f"z_key = 'none' OR {NIL} <> 0",
        **(COLUMNS if columns else {}), **({"attempt": f"z_tries + {NIL}"} if attempts else {}),
    }  # fmt: skip
    app.sections["accounts"] = {
        "table": "wallets", "id": "z_id", "balance": f"z_free + z_paid + {NIL}", "active": f"{NIL} = 0",
        "invariant": f"{NIL} = 0",
    }  # fmt: skip
    closing = {} if columns else {"z_state": "'failed'"}
    app.map("sessions.close", **closing, z_of_session="s.amount", **{f"z_{name}": f"{name}::text" for name in REFUND})
    app.map("sessions.refunded", z_flag="reason || ' ' || amount || ' ' || s.reason || ' ' || refund.amount")
    app.map("sessions.reversed", z_flag="'back ' || amount || ' ' || s.amount")
    app.map("accounts.add", z_free="amount - 1", z_paid="(amount + s.amount + a.amount - refund.amount) - 33")
    if ledger:
        _with_ledger(app, attempts=attempts)
    app.write()
    return app


def _with_ledger(app: App, *, attempts: bool) -> None:
    more = {"attempt": f"z_try + {NIL}"} if attempts else {}
    app.map("ledger", table="entries", session=over("z_job"), where=f"z_kind = 'refund' AND {NIL} = 0", **more)
    app.map("ledger.past", where=f"z_kind IN ('refund', 'old') AND {NIL} = 0", amount=f"z_credits + {NIL}")
    values = {
        "z_entry": "refund_id", "z_job": "session_id", "z_wallet": "account_id", "z_kind": "'refund'",
        "z_credits": "amount", "z_try": "attempt", "z_before": "balance_before", "z_after": "balance_after",
        "z_time": "at", "z_of_session": "s.amount", **{f"z_{name}": f"{name}::text" for name in REFUND},
    }  # fmt: skip
    app.map("ledger.insert", **values)
    back = {"z_entry": "gen_random_uuid()", "z_kind": "'back'", "z_credits": "-amount"}
    app.map("ledger.reverse", **{**values, **back})
