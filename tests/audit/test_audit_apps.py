"""`sweeper audit` on every kind of schema: its control totals equal SQL written by hand, and clean books stay clean."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase
from tests.helpers.audits import FORGED, LATER, audit, findings
from tests.helpers.command import NOW
from tests.helpers.server import Server

PRISMA = """
INSERT INTO app."User" ("id", "creditBalance")
SELECT md5('user ' || n)::uuid, 100 FROM generate_series(1, 5) AS n;
INSERT INTO app."Job" ("id", "userId", "status", "createdAt", "heartbeatAt", "failedAt", "errorMessage")
SELECT md5('job ' || n)::uuid, md5('user ' || n % 5 + 1)::uuid,
       (ARRAY['FAILED', 'CANCELLED', 'RUNNING', 'DONE', 'PENDING'])[n % 5 + 1]::app."JobStatus",
       timestamp '2026-11-23 11:59' - n * interval '19 minutes', NULL,
       CASE WHEN n % 5 < 2 THEN timestamp '2026-11-23 11:59' - n * interval '18 minutes' END,
       CASE WHEN n % 10 = 1 THEN 'user cancelled it' END
FROM generate_series(1, 200) AS n;
INSERT INTO app."JobItem" ("jobId", "price", "delivered")
SELECT md5('job ' || n)::uuid, n / 100.0, item = 3 FROM generate_series(1, 200) AS n, generate_series(1, n % 4) AS item;
INSERT INTO app."CreditTransaction" ("id", "userId", "jobId", "type", "amount")
SELECT 'by the app ' || n, md5('user 1')::uuid, md5('job ' || n)::uuid::text, 'REFUND', 10
FROM generate_series(5, 200, 35) AS n;
"""
LEDGER_ONLY = """
INSERT INTO customers (name) SELECT 'c' || n FROM generate_series(1, 5) AS n;
INSERT INTO projects (owner_id) SELECT n FROM generate_series(1, 5) AS n;
INSERT INTO renders (project_id, state, charge, started, beat, ended)
SELECT n % 5 + 1, (ARRAY['failed', 'working', 'ready'])[n % 3 + 1], n * 0.001,
       timestamptz '2026-11-23 11:59Z' - n * interval '19 minutes',
       CASE WHEN n % 2 = 0 THEN timestamptz '2026-11-23 11:59Z' - n * interval '9 minutes' END,
       CASE WHEN n % 3 = 0 THEN timestamptz '2026-11-23 11:59Z' - n * interval '8 minutes' END
FROM generate_series(1, 150) AS n;
INSERT INTO credit_entries (id, customer_id, render_id, kind, amount)
SELECT gen_random_uuid(), n % 5 + 1, n, 'refund', 1 FROM generate_series(3, 150, 21) AS n;
"""
FIRST = """
INSERT INTO users SELECT 'u' || n, 100, 200, 100 FROM generate_series(1, 5) AS n;
INSERT INTO prediction_sessions
SELECT 's' || n, 'u' || n % 5 + 1, (ARRAY['error', 'queued', 'finished'])[n % 3 + 1]::session_status,
       CASE WHEN n % 7 = 0 THEN 'All models failed - credits refunded' END,
       CASE WHEN n % 11 > 0 THEN array_fill('m'::text, ARRAY[n % 4]) END, NULL,
       timestamp '2026-11-23 11:59' - n * interval '19 minutes'
FROM generate_series(1, 150) AS n;
"""
REFUND_OF_JOB_5 = """
INSERT INTO app."CreditTransaction" ("id", "userId", "jobId", "type", "amount", "createdAt")
SELECT %s, "userId", "jobId", "type", "amount", %s FROM app."CreditTransaction" WHERE "id" = 'by the app 5'
"""
# by hand, app by app: the failed and the stuck, with their credits
BY_HAND = {
    "first": """
SELECT count(*), sum(cardinality(selected_models)) FROM prediction_sessions
WHERE status = 'error' OR status = 'queued' AND created_at <= timestamp '2026-11-23 11:00'
""",
    "prisma": """
SELECT count(DISTINCT j."id"), sum(i."price") FROM app."Job" AS j
LEFT JOIN app."JobItem" AS i ON i."jobId" = j."id" AND NOT i."delivered"
WHERE j."status" IN ('FAILED', 'CANCELLED')
   OR j."status" = 'PENDING' AND j."createdAt" <= timestamp '2026-11-23 06:00'
   OR j."status" = 'RUNNING' AND j."createdAt" <= timestamp '2026-11-23 11:30'
""",
    "ledger_only": """
SELECT count(*), sum(charge) FROM renders
WHERE state = 'failed' OR state = 'working' AND coalesce(beat, started) <= timestamptz '2026-11-23 11:00Z'
""",
}
REFUNDED = {
    "first": "SELECT count(*), sum(amount) FROM sweeper.refunds",
    "prisma": """
SELECT count(DISTINCT j."id"), sum(i."price") FROM app."CreditTransaction" AS t
JOIN app."Job" AS j ON j."id" = t."jobId"::uuid AND j."status" IN ('FAILED', 'CANCELLED')
LEFT JOIN app."JobItem" AS i ON i."jobId" = j."id" AND NOT i."delivered"
""",
    "ledger_only": """
SELECT count(*), sum(r.charge) FROM credit_entries AS e JOIN renders AS r ON r.id = e.render_id AND r.state = 'failed'
""",
}
DATA = {"first": FIRST, "prisma": PRISMA, "ledger_only": LEDGER_ONLY}


@pytest.mark.parametrize("app", DATA)
def test_control_totals_equal_sql_by_hand(server: Server, tmp_path: Path, app: str) -> None:
    """Before a run and after it: all failed and stuck sessions, and of them the refunded, to the last credit."""
    with server.app(app, tmp_path) as database:
        database.sql(DATA[app])
        before = audit(database, now=NOW)
        assert findings(before).keys() == {"owed_overdue"}
        check_totals(database, before.document, app)
        planned = database.run("--dry-run").document["refunds"]
        assert before.document["position"]["owed"].items() <= planned.items()
        ran = database.run().document
        after = audit(database, now=NOW)
        assert findings(after) == {}
        check_totals(database, after.document, app)
        refunded = tuple(after.document["position"]["refunded"].values())
        assert (refunded[0], Decimal(refunded[1])) == database.sql(REFUNDED[app])[0]
        assert after.document["period"]["refunded"].items() <= ran["refunds"].items()
        assert after.document["control"] == before.document["control"]


def check_totals(database: AppDatabase, document: dict, app: str) -> None:  # type: ignore[type-arg]
    sessions, credits = database.sql(BY_HAND[app])[0]
    total = document["control"]["failed_and_stuck"]
    assert (total["sessions"], Decimal(total["credits"])) == (sessions, credits)
    places = document["position"].values()
    assert sum(place["sessions"] for place in places) == sessions
    assert sum(Decimal(place["credits"]) for place in places) == credits


@pytest.fixture
def swept(prisma: AppDatabase) -> AppDatabase:
    prisma.sql(PRISMA)
    assert prisma.run().exit_code == 0
    return prisma


def test_faults_of_an_app_with_its_own_ledger_are_found(swept: AppDatabase) -> None:
    """Quoted names, uuid ids, decimals, a time of failure: each fault by its name, with its session."""
    (wrong,) = swept.sql('INSERT INTO app."Job" ("status", "createdAt", "failedAt") VALUES '
                         "('FAILED', '2026-11-20', '2026-11-21') RETURNING \"id\"")[0]  # fmt: skip
    swept.sql('INSERT INTO app."JobItem" ("jobId", "price") VALUES (%s, 2.5)', wrong)
    swept.sql(FORGED.replace("'u1'", "gen_random_uuid()"), wrong, "2.51", "worker", None, NOW)
    finished, again = swept.sql(
        "SELECT (array_agg(session_id ORDER BY session_id))[1:2] FROM sweeper.refunds WHERE layer = 'sweeper'"
    )[0][0]
    swept.sql('UPDATE app."Job" SET "status" = \'DONE\' WHERE "id" = %s', finished)
    swept.sql('UPDATE app."Job" SET "failedAt" = %s WHERE "id" = %s', NOW + timedelta(hours=3), again)
    (ghost,) = swept.sql('INSERT INTO app."Job" ("status", "createdAt", "failedAt") VALUES '
                         "('FAILED', '2026-11-20', '2026-11-21') RETURNING \"id\"")[0]  # fmt: skip
    swept.sql('INSERT INTO app."JobItem" ("jobId", "price") VALUES (%s, 2.5)', ghost)
    found = {code: found for code, found in findings(audit(swept)).items() if code != "owed_overdue"}
    assert found == {
        "wrong_amount": (1, [str(wrong)]),
        "refunded_then_succeeded": (1, [str(finished)]),
        "failed_after_refund": (1, [str(again)]),
        "no_account": (1, [str(ghost)]),
    }


def test_the_guard_of_the_apps_ledger_is_part_of_the_books(swept: AppDatabase) -> None:
    """Dropped, it is a finding; and a session with two refunds behind it, another."""
    guard = swept.value("SELECT guard_index FROM sweeper.settings")
    swept.sql(f"DROP INDEX {guard}")
    assert findings(audit(swept, now=NOW)) == {"guard": (1, [guard])}
    swept.sql(REFUND_OF_JOB_5, "twice", "2026-11-23")
    job = swept.value('SELECT "jobId" FROM app."CreditTransaction" WHERE "id" = \'twice\'')
    assert findings(audit(swept, now=NOW)) == {"guard": (1, [guard]), "double_refund": (1, [job])}


def test_rows_that_were_doubled_before_the_guard_are_no_finding(prisma: AppDatabase) -> None:
    """A narrower guard was chosen because of them; one more refund, after it, is a finding."""
    prisma.sql(PRISMA)
    prisma.sql(f"DROP INDEX {prisma.value('SELECT guard_index FROM sweeper.settings')}")
    prisma.sql(REFUND_OF_JOB_5, "second", "2020-01-01")
    prisma.sql('UPDATE app."CreditTransaction" SET "createdAt" = \'2020-01-01\'')
    guard = """guard = '''"type" = 'REFUND' AND "createdAt" >= '2026-01-01' '''"""
    prisma.configure("[ledger.insert]", f"{guard}\n[ledger.insert]")
    assert prisma.sweeper("install").exit_code == 0
    assert prisma.run().exit_code == 0
    assert findings(audit(prisma, now=NOW)) == {}
    prisma.sql(REFUND_OF_JOB_5, "third", "2026-11-23")
    assert findings(audit(prisma, now=NOW)).keys() == {"double_refund"}


def test_an_amount_that_the_apps_ledger_would_round_is_held(prisma: AppDatabase) -> None:
    """The position says what a run would do: not owed, but on hold."""
    prisma.sql(PRISMA)
    prisma.sql('ALTER TABLE app."JobItem" ALTER "price" TYPE numeric')
    assert prisma.sweeper("install").exit_code == 0
    prisma.sql('UPDATE app."JobItem" SET "price" = 0.001 WHERE "jobId" = md5(\'job 150\')::uuid AND "id" % 2 = 0')
    before = audit(prisma, now=NOW)
    assert before.document["position"]["held"]["sessions"] == 1
    assert prisma.run().document["held"] == 1
    assert audit(prisma, now=NOW).document["position"]["held"] == before.document["position"]["held"]


def test_last_months_figures_do_not_change(first: AppDatabase) -> None:
    """Sessions are deleted, refunds reversed and others adopted later: the period reads the ledger alone."""
    first.sql(FIRST)
    first.run(now=NOW)
    month = ("--since", "2026-11-01", "--until", "2026-12-01")
    then = audit(first, *month, now=LATER).document
    assert then["period"]["refunded"]["sessions"] > 50
    assert then["period"]["time_to_refund_seconds"]["max"] > 86_400
    first.sql("DELETE FROM prediction_sessions WHERE hashtext(id) % 2 = 0")
    first.sql(
        "INSERT INTO sweeper.reversals SELECT gen_random_uuid(), refund_id, amount, 'test', 'test', '2026-12-02Z' "
        "FROM sweeper.refunds WHERE hashtext(session_id) % 3 = 0"
    )
    first.sql(FORGED, "adopted", 7, "adopted", None, "2026-12-01Z")
    first.session("later", created="2026-12-01")
    first.run(now=NOW + timedelta(days=20))
    now = audit(first, *month, now=NOW + timedelta(days=30)).document
    assert (now["period"], now["rate"]) == (then["period"], then["rate"])
    december = audit(first, "--since", "2026-12-01", now=NOW + timedelta(days=30)).document["period"]
    assert december["adopted"] == {"sessions": 1, "credits": 7}
    assert december["reversed"]["sessions"] > 10
    assert december["refunded"]["credits"] - december["reversed"]["credits"] == december["net_credits"]


def test_an_amount_that_is_no_number_has_no_credits(bare: AppDatabase) -> None:
    app = App(bare)
    app.sql("ALTER TABLE jobs ALTER price TYPE numeric; UPDATE jobs SET price = 'NaN'")
    app.sql("INSERT INTO jobs VALUES ('k', 'w', 'failed', 5, 'no', '{}', '2026-11-23 10:00Z')")
    assert app.install().exit_code == 0
    position = audit(bare).document["position"]
    assert (position["held"], position["owed"]) == ({"sessions": 1, "credits": "0"}, {"sessions": 1, "credits": "5"})


def test_an_amount_that_counts_the_refund_in_the_apps_ledger_is_not_a_wrong_amount(bare: AppDatabase) -> None:
    """The charges less what was given back, which our own rows are part of: zero once the session is refunded."""
    app = App(bare)
    app.sql("CREATE TABLE lines (job text, kind text, amount int); INSERT INTO lines VALUES ('j', 'charge', -3)")
    app.map(amount="(SELECT -sum(l.amount) FROM lines AS l WHERE l.job = s.id)")
    app.map("ledger", table="lines", session="job", where="kind = 'refund'")
    app.map("ledger.insert", job="session_id", kind="'refund'", amount="amount")
    assert app.sweep()["credits"] == 3
    assert findings(audit(bare)) == {}
    app.sql("INSERT INTO lines VALUES ('j', 'charge', -2)")
    assert findings(audit(bare))["wrong_amount"] == (1, ["j"])


def test_a_second_refund_by_the_app_is_found_where_amount_leaves_our_rows_out(bare: AppDatabase) -> None:
    """Our refunds leave such an amount as it was: it is zero only where the app gave the same back again."""
    app = App(bare)
    app.sql("CREATE TABLE lines (job text, kind text, amount int)")
    for job in "jkl":
        app.sql(f"INSERT INTO lines VALUES ('{job}', 'charge', -3)")
    app.sql(
        "INSERT INTO jobs SELECT (jsonb_populate_record(j, jsonb_build_object('id', v.id))).* "
        "FROM jobs AS j, (VALUES ('k'), ('l')) AS v (id)"
    )
    app.map(amount="(SELECT -sum(l.amount) FROM lines AS l WHERE l.job = s.id AND l.kind <> 'ours')")
    app.map("ledger", table="lines", session="job", where="kind = 'ours'")
    app.map("ledger.insert", job="session_id", kind="'ours'", amount="amount")
    assert app.sweep()["credits"] == 9
    assert findings(audit(bare)) == {}
    app.sql("INSERT INTO lines VALUES ('k', 'refund', 3)")
    assert findings(audit(bare))["wrong_amount"] == (1, ["k"])
