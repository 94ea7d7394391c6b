"""Why a session was refunded, and what a null in each column means."""

from decimal import Decimal

from tests.helpers.app_database import AppDatabase


def reasons(database: AppDatabase) -> dict[str, str]:
    return dict(database.sql("SELECT session_id::text, reason FROM sweeper.refunds ORDER BY 1"))


def test_each_status_has_its_reason(first: AppDatabase) -> None:
    """Failed is workflow_failure unless a rule matches, running is stuck whatever its error says, finished is nothing.

    A null status is none of them.
    """
    first.account()
    for status in ("error", "initializing", "queued", "researching", "generating", "finished"):
        first.session(status, status)
    first.session("failed in words", error="Failed to queue the job")
    first.session("stuck in words", "queued", error="Failed to queue the job")
    first.session("no status")
    first.sql("UPDATE prediction_sessions SET status = NULL WHERE id = 'no status'")
    planned, ran = first.run("--dry-run"), first.run()
    assert reasons(first) == {
        "error": "workflow_failure",
        "failed in words": "queue_failure",
        "generating": "stuck",
        "initializing": "stuck",
        "queued": "stuck",
        "researching": "stuck",
        "stuck in words": "stuck",
    }
    assert planned.document["reasons"] == ran.document["reasons"]
    assert ran.document["reasons"] == {
        "stuck": {"sessions": 5, "credits": 15},
        "queue_failure": {"sessions": 1, "credits": 3},
        "workflow_failure": {"sessions": 1, "credits": 3},
    }
    statuses = first.sql(
        "SELECT DISTINCT status::text FROM prediction_sessions WHERE id IN ('queued', 'stuck in words')"
    )
    assert statuses == [("error",)]
    assert first.value("SELECT count(*) FROM prediction_sessions WHERE status IS NULL") == 1


def test_reasons_are_like_patterns_and_the_first_match_wins(first: AppDatabase) -> None:
    """`%` and `_` are wildcards, a backslash takes that away, case counts, and the whole text must match."""
    first.append(
        r"""
[[reasons]]
code  = "first"
error = "Provider %"
[[reasons]]
code  = "second"
error = "Provider timed out"
[[reasons]]
code  = "quota"
error = '100\% of quota\_used'
[[reasons]]
code  = "one_letter"
error = "E_R"
[[reasons]]
code  = "path"
error = 'C:\\temp%'
[[reasons]]
code  = "it's"
error = "it's {status} %(as_of)s :word"
"""
    )
    first.account()
    errors = {
        "Provider timed out": "first",
        "provider timed out": "workflow_failure",
        "the Provider timed out": "workflow_failure",
        "100% of quota_used": "quota",
        "100 % of quota_used": "workflow_failure",
        "100% of quotaXused": "workflow_failure",
        "EXR": "one_letter",
        "EXXR": "workflow_failure",
        "C:\\temp\\x": "path",
        "it's {status} %(as_of)s :word": "it's",
        "Worker failed after 3 attempts: gone": "retries_exhausted",
        "": "workflow_failure",
    }
    for text in errors:
        first.session(text, error=text)
    first.session("null", error=None)
    ran = first.run()
    assert ran.exit_code == 0, ran.stderr
    assert reasons(first) == {**errors, "null": "workflow_failure"}
    details = dict(first.sql("SELECT session_id, detail FROM sweeper.refunds"))
    assert details == {**{text: text for text in errors}, "null": None}


def test_without_a_mapped_error_every_failure_is_a_workflow_failure(first: AppDatabase) -> None:
    """`error` is optional; then there is no detail either."""
    text = first.config.read_text()
    first.config.write_text(text[: text.index("[[reasons]]")].replace('error      = "error"\n', ""))
    first.sweeper("install")
    first.account()
    first.session("failed", error="Failed to queue")
    first.session("stuck", "queued")
    first.run()
    assert reasons(first) == {"failed": "workflow_failure", "stuck": "stuck"}
    assert first.sql("SELECT DISTINCT detail FROM sweeper.refunds") == [(None,)]


def test_a_long_error_text_is_cut(first: AppDatabase) -> None:
    """The ledger keeps the first thousand characters of an error text."""
    first.account()
    first.session("s1", error="é" * 5000)
    first.run()
    assert first.value("SELECT detail FROM sweeper.refunds") == "é" * 1000


def test_null_in_each_column_of_the_first_app(first: AppDatabase) -> None:
    """A null is never taken for a value: each has one right answer, and the session beside it is paid."""
    first.account()
    first.session("owed")
    first.session("no account", account=None)
    first.session("no start, no sign of life", "queued", created=None)
    first.session("no start, failed", created=None)
    first.session("no amount", models=None)
    first.session("amount zero", models=0)
    first.session("exclude is null", step=None)
    first.session("exclude is false", step="rendering")
    first.session("exclude is true", step="All models failed - credits refunded")
    first.session("no error text", error=None)
    ran = first.run()
    assert ran.exit_code == 3
    assert first.refunds() == dict.fromkeys(
        ("owed", "exclude is null", "exclude is false", "no error text"), Decimal(3)
    )
    assert first.sql("SELECT session_id, why FROM sweeper.holds ORDER BY 1") == [
        ("no account", "no_account"),
        ("no start, failed", "no_started_at"),
    ]
    assert ran.document["remaining"] == 0
    again = first.run()
    assert (again.exit_code, again.document["refunds"]["sessions"], again.document["held"]) == (0, 0, 0)


def test_a_null_amount_in_another_table_is_not_a_charge(prisma: AppDatabase) -> None:
    """A sum over no rows, over nulls or of zero owes nothing; nulls among prices do not hide the others."""
    user = prisma.value('INSERT INTO app."User" ("creditBalance") VALUES (0) RETURNING "id"')
    for name, prices in (("none", []), ("nulls", [None, None]), ("zero", [0]), ("some", [None, Decimal("1.10"), 2])):
        job = prisma.value(
            'INSERT INTO app."Job" ("userId", "status", "errorMessage", "createdAt", "failedAt") '
            "VALUES (%s, 'FAILED', %s, '2026-11-22', '2026-11-22') RETURNING \"id\"",
            user,
            name,
        )
        for price in prices:
            prisma.sql('INSERT INTO app."JobItem" ("jobId", "price") VALUES (%s, %s)', job, price)
    ran = prisma.run()
    assert (ran.exit_code, ran.document["refunds"]) == (0, {"sessions": 1, "credits": "3.10", "accounts": 1})


def test_nulls_of_a_ledger_only_app(ledger_only: AppDatabase) -> None:
    """A project without an owner or no project at all is no account; without heart beat the start counts."""
    ledger_only.sql("INSERT INTO customers DEFAULT VALUES; INSERT INTO projects (owner_id) VALUES (1), (NULL)")
    ledger_only.sql(
        "INSERT INTO renders (project_id, state, charge, started, beat, ended) VALUES "
        "(1, 'working', 1, '2026-11-23 11:00Z', NULL, NULL), (1, 'working', 1, '2026-11-23 11:00Z', "
        "'2026-11-23 11:01Z', NULL), (2, 'failed', 1, '2026-11-22Z', NULL, NULL), (NULL, 'failed', 1, '2026-11-22Z', "
        "NULL, NULL), (1, 'failed', NULL, '2026-11-22Z', NULL, NULL), (1, 'failed', 1, '2026-11-22Z', NULL, NULL)"
    )
    ran = ledger_only.run()
    assert (ran.exit_code, sorted(ledger_only.refunds())) == (3, ["1", "6"])
    assert ledger_only.sql("SELECT session_id, why FROM sweeper.holds ORDER BY 1") == [
        (3, "no_account"),
        (4, "no_account"),
    ]
