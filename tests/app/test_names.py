"""A name in the file's SQL means what the file says, whatever the statements call their own columns."""

from decimal import Decimal
from pathlib import Path

import pytest

from tests.helpers.any_app import App, with_ledger
from tests.helpers.names import NIL, named_app
from tests.helpers.psql import refused, scripts
from tests.helpers.refund_function import refund
from tests.helpers.server import Server
from tests.helpers.shapes import shaped

# each pair of two choices is in one of them
VARIANTS = [
    pytest.param({"columns": True, "ledger": True, "attempts": True}, id="columns-ledger-attempts"),
    pytest.param({"columns": True, "ledger": False, "attempts": False}, id="columns"),
    pytest.param({"columns": False, "ledger": False, "attempts": True}, id="expressions-attempts"),
    pytest.param({"columns": False, "ledger": True, "attempts": False, "partitions": True}, id="partitions"),
]


def credits(app: App) -> Decimal:
    return Decimal(app.database.value("SELECT sum(z_free + z_paid) FROM wallets"))


@pytest.mark.slow
@pytest.mark.parametrize("variant", VARIANTS)
def test_a_run_reads_the_apps_own_names(app: App, variant: dict[str, bool]) -> None:
    named_app(app, **variant)
    assert app.sweep() == {"sessions": 4, "credits": 18, "accounts": 2}
    assert dict(app.sql("SELECT z_key, z_flag FROM jobs WHERE z_flag IS NOT NULL")) == {
        "f": "workflow_failure 3 17 3", "g": "workflow_failure 4 17 4", "h": "workflow_failure 6 17 6",
        "r": "stuck 5 17 5",
    }  # fmt: skip
    refund_names = "z_session_id, z_account_id, z_attempt, z_amount, z_reason, z_detail, z_layer, z_of_session"
    attempt = "1" if variant["attempts"] else "0"
    closed = app.sql(f"SELECT {refund_names} FROM jobs WHERE z_of_session IS NOT NULL")
    assert closed == [("r", "w", attempt, "5", "stuck", None, "sweeper", 17)]
    ids = "z_refund_id = r.refund_id::text AND z_run_id = r.run_id::text"
    assert app.sql(f"SELECT z_key FROM jobs, sweeper.refunds AS r WHERE {ids}") == [("r",)]
    assert app.sql("SELECT z_id, z_free, z_paid FROM wallets ORDER BY 1") == [("w", 49, 63), ("x", 45, 61)]
    if variant["ledger"]:
        written = app.sql(f"SELECT {refund_names}, z_after - z_before, z_try FROM entries ORDER BY z_amount")
        assert written == [
            ("f", "w", attempt, "3", "workflow_failure", "no", "sweeper", 17, 3, int(attempt)),
            ("g", "w", attempt, "4", "workflow_failure", None, "sweeper", 17, 4, int(attempt)),
            ("r", "w", attempt, "5", "stuck", None, "sweeper", 17, 5, int(attempt)),
            ("h", "x", attempt, "6", "workflow_failure", "no", "sweeper", 17, 6, int(attempt)),
        ]


@pytest.mark.slow
@pytest.mark.parametrize("variant", VARIANTS)
def test_every_other_command_does_too(app: App, variant: dict[str, bool]) -> None:
    named_app(app, **variant)
    database = app.database
    assert database.sweeper("install", "--fence", now=None).exit_code == 0
    assert (refund(database, "r"), refund(database, "h")) == (5, 6)
    adopting = ("--where", f"z_key = 'g' AND {NIL} = 0", "--amount", f"z_price + {NIL}", "--reason", "paid by hand")
    adopted = database.sweeper("adopt", *adopting, "--yes", "--json")
    assert adopted.exit_code == 0, adopted.stderr
    assert database.run().document["refunds"] == {"sessions": 1, "credits": 3, "accounts": 1}
    verdicts = {key: database.sweeper("explain", key, "--json").document["verdict"] for key in "fgradhi"}
    assert verdicts == {
        "f": "refunded", "g": "adopted", "r": "refunded", "a": "not_stuck_yet", "d": "succeeded", "h": "refunded",
        "i": "in_grace",
    }  # fmt: skip
    assert database.sweeper("explain", "--account", "w", "--json").exit_code == 0
    audited = database.sweeper("audit", "--json")
    assert audited.exit_code == 0, audited.stdout
    for key in "frh":
        taken = database.sweeper("revert", "--session", key, "--reason", "a test", "--yes")
        assert taken.exit_code == 0, taken.stderr
    assert credits(app) == 200
    assert app.sql("SELECT z_key, z_flag FROM jobs WHERE z_flag IS NOT NULL ORDER BY 1") == [
        ("f", "back 3 17"), ("h", "back 6 17"), ("r", "back 5 17"),
    ]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("variant", VARIANTS)
def test_check_reads_them_too(app: App, variant: dict[str, bool]) -> None:
    """Also the rows of the past: each item is compared, and none gives up because of a name."""
    named_app(app, **variant)
    app.sql("INSERT INTO jobs (z_key, z_owner, z_state, z_price, z_began) "
            "SELECT 'old' || n, 'w', 'failed', 0, '2026-11-23 08:00Z' FROM generate_series(1, 5) AS n")  # fmt: skip
    app.sql("INSERT INTO entries (z_entry, z_job, z_wallet, z_kind, z_credits, z_try, z_after, z_of_session) "
            "SELECT gen_random_uuid(), z_key, 'w', 'old', 2, 1, 100, 17 FROM jobs WHERE z_key LIKE 'old%'")  # fmt: skip
    assert app.install().exit_code == 0
    checked = app.database.sweeper("check", "--json")
    messages = {check["name"]: check["message"] for check in checked.document["checks"]}
    assert [message for message in messages.values() if "not checked" in message or "SQLSTATE" in message] == []
    assert not {check["name"]: check["message"] for check in checked.document["checks"] if check["status"] == "failure"}


@pytest.mark.slow
@pytest.mark.parametrize("variant", [VARIANTS[0], VARIANTS[-1]])  # between them they have each statement
def test_every_statement_runs(app: App, variant: dict[str, bool]) -> None:
    named_app(app, **variant)
    app.sweep()
    assert refused(app.database, dict(scripts(app.database))) == {}


@pytest.mark.slow
@pytest.mark.parametrize(
    "shape", ["boolean_status", "charged_again", "flag_and_a_batch", "flags_and_an_applier", "status_in_events"]
)
def test_every_statement_runs_for_an_app_with(server: Server, tmp_path: Path, shape: str) -> None:
    """Ids of accounts that no session could have, columns of the ledger that no refund writes, a computed status."""
    with shaped(server, shape, tmp_path) as app:
        assert refused(app.database, dict(scripts(app.database))) == {}


@pytest.mark.slow
def test_every_statement_runs_beside_columns_of_any_type(app: App) -> None:
    """Also of those that the server calls numbers, and that cannot be added up."""
    columns = (
        "a json, b oid, c regclass, d money, e jsonb, f point, g box, h xid, i interval, j time, k bytea, l bit(3), "
        "m int4range, n tsvector, o inet, p pg_lsn, q name, r json[], s text[], t date, u real, v book"
    )
    app.sql(f"""
        CREATE TYPE book AS (a int, b json);
        CREATE TABLE entries ({columns}, job text, wallet text, kind text NOT NULL, amount numeric);
        ALTER TABLE jobs ADD {columns.replace(", ", ", ADD ")};
        ALTER TABLE wallets ADD {columns.replace(", ", ", ADD ")};
        INSERT INTO entries (job, wallet, kind, amount) VALUES ('j', 'w', 'charge', -3)
    """)
    app.map("ledger", table="entries", session="job", where="kind = 'refund'")
    app.map("ledger.insert", job="session_id", wallet="account_id", kind="'refund'", amount="amount")
    app.map(charged="(SELECT -sum(e.amount) FROM entries AS e WHERE e.job = s.id)")
    app.sweep()
    assert refused(app.database, dict(scripts(app.database))) == {}


@pytest.mark.parametrize(
    ("section", "column", "value", "parts"),
    [
        (
            "accounts.add",
            "balance",
            "price",
            ["accounts.add.balance", "price is not a column of a refund: write s.price"],
        ),
        ("accounts.add", "balance", "price + s.price", ["write s.price"]),
        ("accounts.add", "balance", 'amount + "camelCase"', ['write s."camelCase" or a."camelCase"']),
        ("accounts.add", "balance", "amount + balance - a.balance", ["write a.balance"]),
        (
            "ledger.insert",
            "amount",
            "price",
            ["ledger.insert.amount", "price is not a column of a refund: write s.price"],
        ),
        ("ledger.insert", "wallet", "(SELECT w.id FROM wallets AS w WHERE w.id = owner)", ["write s.owner"]),
        ("ledger.reverse", "wallet", "concat(s.owner, owner)", ["ledger.reverse.wallet", "write s.owner"]),
        ("ledger.insert", "amount", "balance", ['column "balance" does not exist']),
    ],
)
def test_a_bare_name_that_is_not_the_refunds_is_an_error(
    app: App, section: str, column: str, value: str, parts: list[str]
) -> None:
    app.sql('ALTER TABLE jobs ADD "camelCase" int; ALTER TABLE wallets ADD "camelCase" int')
    if section.startswith("ledger"):
        with_ledger(app)
        app.map("ledger.reverse", id="gen_random_uuid()", kind="'back'", amount="-amount")
    app.map(section, **{column: value})
    app.refused(*parts)


def test_a_session_that_calls_its_columns_as_a_refund_does(app: App) -> None:
    """What is written from ``s`` is neither the amount nor the account nor the time of the refund."""
    names = "amount numeric DEFAULT 50, at timestamptz DEFAULT '2020-01-01', account_id text DEFAULT 'nobody'"
    app.sql("ALTER TABLE jobs " + ", ".join(f"ADD {name}" for name in names.split(", ")))
    with_ledger(app)
    app.sql(
        "ALTER TABLE entries ADD cost numeric, ADD began timestamptz, ADD at timestamp, ADD billed text, ADD after int"
    )
    app.map(
        "ledger.insert", cost="s.amount", began="s . at", billed="s.account_id", at="at AT TIME ZONE 'UTC'",
        after="balance_after",
    )  # fmt: skip
    # the app's own trigger clears them as it is refunded
    app.map("sessions.refunded", amount="0", account_id="NULL", at="NULL")
    app.sql("INSERT INTO jobs (id, owner, state, price, began) VALUES ('k', 'w', 'failed', 4, '2026-11-23 10:00Z')")
    assert app.sweep()["credits"] == 7
    rows = app.sql("SELECT job, amount, cost, began::date::text, billed, after, at FROM entries ORDER BY at")
    assert [row[:-1] for row in rows] == [
        ("j", 3, 50, "2020-01-01", "nobody", 103),
        ("k", 4, 50, "2020-01-01", "nobody", 107),
    ]
    assert rows[0][-1] < rows[1][-1], "each row of an account is later than the one before"
    assert app.database.sweeper("audit").exit_code == 0
