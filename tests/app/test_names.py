"""A name in the file's SQL means what the file says, whatever the statements call their own columns.

Each table of this app has a column for every name that a statement gives to anything, and each value of the file reads
all of them: one that finds a column of ours instead is an error, or another number.
"""

import re
from collections.abc import Iterator
from decimal import Decimal

import pytest

from sweeper.postgres.templates import folder
from tests.helpers.any_app import App
from tests.helpers.refund_function import refund

REFUND = ("refund_id", "session_id", "account_id", "attempt", "amount", "reason", "detail", "layer", "run_id", "at")
_NAMED = re.compile(r"\bAS (?:MATERIALIZED )?([a-z_0-9]+)\b|\b(?!pg_catalog\b)[a-z]+\.([a-z_0-9]+)\b")
_LISTED = re.compile(r"\bAS [a-z_]+ \(([a-z_, 0-9]+)\)")
NOT_COLUMNS = {"tableoid", "ctid", "xmin", "cmin", "xmax", "cmax"}


def names() -> list[str]:
    """Every name that a statement gives to a column or a row, and those that are made up for the columns of a list."""
    found = {
        *REFUND,
        "share_1",
        "share_2",
        "value_0",
        "value_1",
        "value_2",
        "nothing",
        "balance_before",
        "balance_after",
    }
    for path in folder().rglob("*.sql"):
        text = re.sub(r"--.*|'[^'\n]*'", "", path.read_text())
        found |= {name for match in _NAMED.finditer(text) for name in match.groups() if name}
        found |= {name for match in _LISTED.finditer(text) for name in match[1].split(", ")}
    return sorted(name for name in found - NOT_COLUMNS if not name.startswith(("sweeper_", "_")))


NAMES = names()
# nothing, where each name is the column of the row that the value of the file is over
NIL = "(" + " + ".join(f'"{name}"' for name in NAMES) + f" - {17 * len(NAMES)})"
COLUMNS = ", ".join(f'"{name}" int NOT NULL DEFAULT 17' for name in NAMES)
OUTPUTS = ", ".join(f"z_{name} text" for name in REFUND)
TABLES = f"""
DROP TABLE jobs, wallets;
CREATE TABLE wallets (z_id text PRIMARY KEY, z_free numeric DEFAULT 40, z_paid numeric DEFAULT 60, {COLUMNS});
CREATE TABLE jobs (
    z_key text PRIMARY KEY, z_owner text, z_state text, z_price int, z_error text, z_tries int DEFAULT 1, z_gone boolean,
    z_began timestamptz, z_seen timestamptz, z_failed timestamptz, z_ended timestamptz, {OUTPUTS}, z_of_session int,
    z_flag text, {COLUMNS}
);
CREATE TABLE entries (
    z_entry uuid PRIMARY KEY, z_job text, z_wallet text, z_kind text, z_credits numeric, z_try int, z_before numeric,
    z_after numeric, z_time timestamptz, z_of_session int, z_line bigint GENERATED ALWAYS AS IDENTITY, {OUTPUTS}, {COLUMNS}
);
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


def over(value: str) -> str:
    """A value of the file that reads every name of its row."""
    return f"CASE WHEN {NIL} = 0 THEN {value} END"


@pytest.fixture
def named(app: App) -> App:
    """The app, with every value of the file an expression over all names, but those that are asked for as columns."""
    app.sql(TABLES)
    app.sections["sessions"] = {
        "table": "jobs", "id": "z_key", "failed": ["failed"], "running": ["running"], "succeeded": ["done"],
        "account": over("z_owner"), "status": over("z_state"), "started_at": over("z_began"),
        "active_at": over("z_seen"), "failed_at": over("z_failed"), "ended_at": over("z_ended"),
        "error": over("z_error"), "amount": f"z_price + {NIL}", "charged": f"z_price + {NIL}",
        "exclude": f"z_gone OR {NIL} <> 0", "never": f"z_key = 'none' OR {NIL} <> 0",
    }  # fmt: skip
    app.sections["accounts"] = {
        "table": "wallets", "id": "z_id", "balance": f"z_free + z_paid + {NIL}", "active": f"{NIL} = 0",
        "invariant": f"{NIL} = 0",
    }  # fmt: skip
    written = {f"z_{name}": name for name in REFUND}
    app.map(
        "sessions.close",
        z_state="'failed'",
        z_of_session="s.amount",
        **{name: f"{value}::text" for name, value in written.items()},
    )
    app.map("sessions.refunded", z_flag="reason || ' ' || amount || ' ' || s.reason || ' ' || refund.amount")
    app.map("sessions.reversed", z_flag="'back ' || amount || ' ' || s.amount")
    app.map("accounts.add", z_free="amount - 1", z_paid="(amount + s.amount + a.amount - refund.amount) - 33")
    app.sections["policy"] |= {"stuck_after": "1h"}
    return app


def with_names_in_ledger(app: App, **keys: str) -> None:
    app.map(
        "ledger", table="entries", **{"session": over("z_job"), "where": f"z_kind = 'refund' AND {NIL} = 0", **keys}
    )
    values = {
        "z_entry": "refund_id", "z_job": "session_id", "z_wallet": "account_id", "z_kind": "'refund'",
        "z_credits": "amount", "z_try": "attempt", "z_before": "balance_before", "z_after": "balance_after",
        "z_time": "at", "z_of_session": "s.amount", **{f"z_{name}": f"{name}::text" for name in REFUND},
    }  # fmt: skip
    app.map("ledger.insert", **values)
    app.map(
        "ledger.reverse",
        **{
            **values,
            "z_entry": "gen_random_uuid()",
            "z_kind": "'back'",
            "z_credits": "-amount",
        },
    )


STATUSES = {"expression": {}, "column": {"status": "z_state", "started_at": "z_began"}}


def total(app: App) -> Decimal:
    return Decimal(app.database.value("SELECT sum(z_free + z_paid) FROM wallets"))


@pytest.mark.parametrize("attempts", [False, True])
@pytest.mark.parametrize("ledger", [False, True])
@pytest.mark.parametrize("status", STATUSES)
def test_every_name_is_the_apps_own(named: App, status: str, ledger: bool, attempts: bool) -> None:
    named.map(**STATUSES[status])
    if status == "column":
        named.map("sessions.close", z_state=None)
    if attempts:
        named.map(attempt=f"z_tries + {NIL}")
    if ledger:
        with_names_in_ledger(named, **({"attempt": f"z_try + {NIL}"} if attempts else {}))
    assert named.sweep() == {"sessions": 4, "credits": 18, "accounts": 2}
    written = dict(named.sql("SELECT z_key, z_flag FROM jobs WHERE z_flag IS NOT NULL"))
    assert written == {
        "f": "workflow_failure 3 17 3", "g": "workflow_failure 4 17 4", "h": "workflow_failure 6 17 6",
        "r": "stuck 5 17 5",
    }  # fmt: skip
    closed = named.sql(
        "SELECT j.z_session_id, j.z_account_id, j.z_attempt, j.z_amount, j.z_reason, j.z_detail, j.z_layer, "
        "j.z_of_session, j.z_state, j.z_refund_id = r.refund_id::text, j.z_run_id = r.run_id::text, "
        "j.z_at::timestamptz = r.created_at "
        "FROM jobs AS j JOIN sweeper.refunds AS r ON r.session_id = j.z_key WHERE j.z_of_session IS NOT NULL"
    )
    attempt = "1" if attempts else "0"
    assert closed == [("r", "w", attempt, "5", "stuck", None, "sweeper", 17, "failed", True, True, closed[0][-1])]
    assert named.sql("SELECT z_id, z_free, z_paid FROM wallets ORDER BY 1") == [("w", 49, 63), ("x", 45, 61)]
    if ledger:
        assert (
            named.sql(
                "SELECT z_job, z_wallet, z_credits, z_before, z_after, z_of_session, z_session_id, z_account_id, z_attempt, z_amount, "
                "z_reason, z_layer FROM entries ORDER BY z_wallet, z_line"
            )
            == []
        )


@pytest.mark.parametrize("attempts", [False, True])
@pytest.mark.parametrize("ledger", [False, True])
@pytest.mark.parametrize("status", STATUSES)
def test_every_command(named: App, status: str, ledger: bool, attempts: bool) -> None:
    named.map(**STATUSES[status])
    if status == "column":
        named.map("sessions.close", z_state=None)
    if attempts:
        named.map(attempt=f"z_tries + {NIL}")
    if ledger:
        with_names_in_ledger(named, **({"attempt": f"z_try + {NIL}"} if attempts else {}))
    named.write()
    db = named.database
    ran = db.sweeper("install", "--fence", now=None)
    assert ran.exit_code == 0, ran.stderr
    ran = db.sweeper("check")
    print(ran.stdout, ran.stderr)
    for who in "fgra":
        ran = db.sweeper("explain", who, "--json")
        assert ran.exit_code == 0, ran.stderr
    assert refund(db, "r") == 5
    assert refund(db, "h") == 6
    assert (
        db.sweeper(
            "adopt", "--where", f"z_key = 'g' AND {NIL} = 0", "--amount", f"z_price + {NIL}", "--reason", "x", "--yes"
        ).exit_code
        == 0
    )
    ran = db.run()
    assert ran.exit_code == 0, ran.stderr
    assert ran.document["refunds"] == {"sessions": 1, "credits": 3, "accounts": 1}
    for who in "fgradhi":
        ran = db.sweeper("explain", who, "--json")
        assert ran.exit_code == 0, ran.stderr
        print(who, ran.document["verdict"])
    ran = db.sweeper("explain", "--account", "w", "--json")
    assert ran.exit_code == 0, ran.stderr
    ran = db.sweeper("audit", "--json")
    assert ran.exit_code == 0, ran.stdout
    ran = db.sweeper("check")
    print(ran.stdout, ran.stderr)
    ran = db.sweeper("sql")
    for line in ("f", "r", "h"):
        ran = db.sweeper("revert", "--session", line, "--reason", "back", "--yes", "--json")
        assert ran.exit_code == 0, ran.stderr + ran.stdout
    assert total(named) == 200
    assert db.sql("SELECT z_key, z_flag FROM jobs WHERE z_flag IS NOT NULL ORDER BY 1") == [
        ("f", "back 3 17"),
        ("h", "back 6 17"),
        ("r", "back 5 17"),
    ]
    ran = db.sweeper("audit", "--json")
    assert ran.exit_code == 0, ran.stdout
    ran = db.sweeper("check")
    print(ran.stdout, ran.stderr)
    assert 0
