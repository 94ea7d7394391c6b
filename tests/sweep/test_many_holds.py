"""Many holds at once: the mapping is wrong, and the run stops."""

import pytest

from tests.helpers import statements
from tests.helpers.app_database import AppDatabase
from tests.helpers.audits import audit
from tests.helpers.holds import holds


def test_too_many_new_holds_stop_the_run(first: AppDatabase) -> None:
    """One more than `max_new_holds` is a wrong mapping: exit 1, and nothing of that batch is kept."""
    first.configure("[policy]", "[policy]\nmax_new_holds = 2")
    first.account()
    first.session("a-1", account=None)
    first.session("a-2")
    for number in range(3):
        first.session(f"b-{number}", account=None)
    planned, ran = first.run("--dry-run", "--batch-size", "2"), first.run("--batch-size", "2")
    assert (planned.exit_code, ran.exit_code, ran.document["outcome"]) == (1, 1, "failed")
    assert planned.document["error"]["code"] == ran.document["error"]["code"] == "too_many_holds"
    assert (ran.document["refunds"]["sessions"], ran.document["held"]) == (1, 1)
    assert list(holds(first)) == ["a-1"]
    assert first.value("SELECT outcome FROM sweeper.runs") == "failed"


def test_as_many_new_holds_as_allowed_stop_nothing(first: AppDatabase) -> None:
    """Exactly `max_new_holds` are put on hold and the rest is paid, refused rows among them."""
    first.configure("[policy]", "[policy]\nmax_new_holds = 2")
    first.sql("ALTER TABLE users ADD CHECK (id <> 'full' OR credits <= 100)")
    first.account()
    first.account("full")
    first.session("a", account=None)
    first.session("b", account="full")
    first.session("c")
    ran = first.run()
    assert (ran.exit_code, ran.document["held"], first.refunds()) == (3, 2, {"c": 3})


def test_a_refusal_too_many_stops_the_run(first: AppDatabase) -> None:
    """Refused rows count towards `max_new_holds` like any other hold, whether or not it is known who is at fault."""
    first.configure("[policy]", "[policy]\nmax_new_holds = 1")
    first.sql("ALTER TABLE users ADD CHECK (id = 'u2' OR credits <= 100)")
    first.account()
    first.account("u3")
    first.session("a")
    first.session("b", account="u3")
    ran = first.run()
    assert (ran.exit_code, ran.document["error"]["code"], len(holds(first))) == (1, "too_many_holds", 0)
    assert "refused (SQLSTATE 23514, constraint users_check; a, b)" in ran.document["error"]["message"]
    first.account("u2")
    first.session("0", account="u2")
    ran = first.run()
    assert (ran.exit_code, ran.document["error"]["code"], len(holds(first))) == (1, "too_many_holds", 1)
    assert (first.credits(), first.credits("u2")) == (100, 103)


@pytest.mark.parametrize("raised", [False, True], ids=["constraint", "raise"])
def test_sessions_of_one_account_stop_no_others(first: AppDatabase, raised: bool) -> None:
    """However many the database refuses: the others are paid, and each run puts half of the limit on hold."""
    first.configure("[policy]", "[policy]\nmax_new_holds = 4")
    first.account("full")
    first.account()
    if raised:
        first.sql("""
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'full'; END $$;
        CREATE TRIGGER refuse BEFORE UPDATE ON users FOR EACH ROW WHEN (OLD.id = 'full') EXECUTE FUNCTION refuse();
        """)
    else:
        first.sql("ALTER TABLE users ADD CHECK (id <> 'full' OR credits <= 100)")
    for number in range(9):
        first.session(f"a-{number}", account="full")
    for left in (7, 5, 3):
        first.session(f"b-{left}")
        ran = first.run()
        assert (ran.exit_code, ran.document["held"], ran.document["skipped"]) == (3, 2, left), ran.document
        assert ran.document["refunds"]["sessions"] == 1
    assert len(holds(first)) == 6


@pytest.mark.parametrize("batch_size", ["2", "100"])
def test_sessions_of_one_account_that_no_run_may_refund_stop_no_others(first: AppDatabase, batch_size: str) -> None:
    """Such as those of a closed account: each run puts half of the limit on hold, and pays the others."""
    first.configure("[policy]", "[policy]\nmax_new_holds = 4")
    first.configure('balance    = "credits"', 'balance    = "credits"\nactive = "id <> \'closed\'"')
    assert first.sweeper("install").exit_code == 0
    first.account("closed")
    first.account()
    for number in range(9):
        first.session(f"a-{number}", account="closed")
    for left in (7, 5, 3, 1):
        first.session(f"b-{left}")
        planned, ran = (first.run(*flags, "--batch-size", batch_size) for flags in (("--dry-run",), ()))
        for one in (planned, ran):
            counted = [one.document[name] for name in ("held", "skipped")]
            assert (one.document["refunds"]["sessions"], counted) == (1, [2, left]), one.document
        assert ran.exit_code == 3
    assert first.run().document["held"] == 1
    assert set(holds(first)) == {f"a-{number}" for number in range(9)}


def break_one_account(first: AppDatabase, line: str, broken: str) -> None:
    """Replace a line of the file by one that fails for the account ``bad``, which is owed seven of eight sessions."""
    first.configure("[policy]", "[policy]\nmax_new_holds = 4")
    first.configure(line, broken)
    assert first.sweeper("install").exit_code == 0
    first.account("bad")
    first.account()
    for number in range(7):
        first.session(f"a-{number}", account="bad")
    first.session("b")


def test_expressions_that_fail_for_one_account_stop_no_others(first: AppDatabase) -> None:
    broken = "CASE WHEN user_id = 'bad' THEN 1 / (user_id <> 'bad')::int ELSE 1 END"
    break_one_account(first, 'amount     = "cardinality(selected_models)"', f'amount = "{broken}"')
    planned = first.run("--dry-run")
    with statements.counted() as sent:
        ran = first.run()
    for one in (planned, ran):
        counted = [one.document[name] for name in ("held", "skipped")]
        assert (one.document["refunds"]["sessions"], counted) == (1, [2, 5]), one.document
    assert ran.exit_code == 3
    assert sent["look"] == 0, "those that failed are not looked at once more at the end"


def test_sessions_whose_start_cannot_be_read_are_counted_once(first: AppDatabase) -> None:
    broken = "created_at + interval '1 s' * (CASE WHEN user_id = 'bad' THEN 1 / (user_id <> 'bad')::int ELSE 0 END)"
    break_one_account(first, 'started_at = "created_at"', f'started_at = "{broken}"')
    audited = audit(first).document
    assert (audited["position"]["held"]["sessions"], audited["position"]["owed"]["sessions"]) == (7, 1)
    planned, ran = first.run("--dry-run"), first.run()
    for one in (planned, ran):
        assert [one.document[name] for name in ("held", "skipped")] == [2, 5], one.document


def test_a_cap_outranks_a_hold(first: AppDatabase) -> None:
    """A run that held something and was stopped by a cap exits 4."""
    first.account()
    first.session("a", account=None)
    first.session("b")
    first.session("c")
    ran = first.run("--max-refunds", "1")
    assert (ran.exit_code, ran.document["outcome"], ran.document["held"]) == (4, "capped", 1)


def test_a_fault_of_the_whole_run_holds_nothing(first: AppDatabase) -> None:
    """A missing privilege is not the fault of a row: the run fails, and no session is put on hold."""
    first.account()
    first.session("s1")
    first.sql("CREATE ROLE clerk LOGIN PASSWORD 'p'")
    try:
        first.sql("GRANT USAGE ON SCHEMA sweeper TO clerk; GRANT ALL ON ALL TABLES IN SCHEMA sweeper, public TO clerk")
        first.sql("REVOKE UPDATE ON users FROM clerk")
        url = first.url.replace(first.url.split("//")[1].split("@")[0], "clerk:p")
        ran = first.sweeper("run", "--json", SWEEPER_DATABASE_URL=url)
        assert (ran.exit_code, ran.document["error"]["code"]) == (1, "privilege")
        assert first.refunds() == holds(first) == {}
    finally:
        first.sql("DROP OWNED BY clerk; DROP ROLE clerk")
