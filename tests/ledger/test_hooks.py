"""Hooks: the app's own triggers on sweeper's ledger do what else a refund means, in the same transaction."""

import psycopg
import pytest

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase
from tests.helpers.holds import holds
from tests.helpers.reversals import revert

TABLES = """
CREATE TABLE parents (id text PRIMARY KEY, given_back numeric NOT NULL DEFAULT 0);
CREATE TABLE points (owner text PRIMARY KEY, held numeric NOT NULL DEFAULT 0);
CREATE TABLE outbox (id bigserial PRIMARY KEY, what text NOT NULL, session text NOT NULL, amount numeric NOT NULL);
INSERT INTO parents VALUES ('w');
INSERT INTO points VALUES ('w');
INSERT INTO jobs VALUES ('k', 'w', 'running', 2, 'no', '{}', '2026-11-23 10:00Z');
"""
# one a row and one a statement; what is adopted moves nothing
HOOKS = """
CREATE FUNCTION on_refund() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    IF NEW.layer <> 'adopted' THEN
        UPDATE points SET held = held + NEW.amount WHERE owner = NEW.account_id;
    END IF;
    INSERT INTO outbox (what, session, amount) VALUES (NEW.layer, NEW.session_id, NEW.amount);
    PERFORM pg_notify('refunds', NEW.session_id);
    RETURN NULL;
END $$;
CREATE TRIGGER on_refund AFTER INSERT ON sweeper.refunds FOR EACH ROW EXECUTE FUNCTION on_refund();
CREATE FUNCTION on_refunds() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    UPDATE parents AS p SET given_back = p.given_back + one.amount
    FROM (SELECT account_id, sum(amount) AS amount FROM written WHERE layer <> 'adopted' GROUP BY 1) AS one
    WHERE p.id = one.account_id;
    RETURN NULL;
END $$;
CREATE TRIGGER on_refunds AFTER INSERT ON sweeper.refunds REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION on_refunds();
CREATE FUNCTION on_reversal() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE refund sweeper.refunds;
BEGIN
    SELECT r.* INTO STRICT refund FROM sweeper.refunds AS r WHERE r.refund_id = NEW.refund_id;
    UPDATE points SET held = held - NEW.amount WHERE owner = refund.account_id;
    UPDATE parents SET given_back = given_back - NEW.amount WHERE id = refund.account_id;
    INSERT INTO outbox (what, session, amount) VALUES ('reversed', refund.session_id, -NEW.amount);
    RETURN NULL;
END $$;
CREATE TRIGGER on_reversal AFTER INSERT ON sweeper.reversals FOR EACH ROW EXECUTE FUNCTION on_reversal();
"""


@pytest.fixture(params=["accounts", "neither"])
def app(request: pytest.FixtureRequest, bare: AppDatabase) -> App:
    """An app with hooks, whose file moves a balance, too, or nothing at all."""
    app = App(bare)
    app.sql(TABLES)
    if request.param == "neither":
        del app.sections["accounts"]
    assert app.install().exit_code == 0
    app.sql(HOOKS)
    return app


def totals(app: App) -> tuple[object, ...]:
    """What the hooks have made of the parent's total and the second balance."""
    ((found,),) = app.sql("SELECT ARRAY[(SELECT given_back FROM parents), (SELECT held FROM points)]::int[]")
    return tuple(found)


def outbox(app: App) -> list[tuple[object, ...]]:
    return app.sql("SELECT what, session, amount FROM outbox ORDER BY what, session")


def test_a_sweep_refund_revert_and_adopt_set_hooks_off(app: App) -> None:
    app.sql("LISTEN refunds")
    assert app.database.run("--dry-run").document["refunds"]["sessions"] == 2
    assert (totals(app), outbox(app)) == ((0, 0), [])
    run_id = app.database.run("--session", "j").document["run_id"]
    assert totals(app) == (3, 3)
    assert app.sql("SELECT sweeper.refund('k', 'a test', layer => 'worker')") == [(2,)]
    assert totals(app) == (5, 5)
    assert app.database.run().document["refunds"]["sessions"] == 0
    assert {notice.payload for notice in app.database.connection.notifies(timeout=0.5)} == {"j", "k"}
    done = revert(app.database, "--run", run_id)
    assert (done.exit_code, done.document["refunds"]["sessions"]) == (0, 1), done.stderr
    assert totals(app) == (2, 2)
    app.sql("INSERT INTO jobs VALUES ('l', 'w', 'failed', 4, 'no', '{}', '2026-11-23 10:00Z')")
    adopted = app.database.sweeper("adopt", "--session", "l", "--reason", "paid", "--yes")
    assert adopted.exit_code == 0, adopted.stderr
    assert totals(app) == (2, 2)
    assert outbox(app) == [("adopted", "l", 4), ("reversed", "j", -3), ("sweeper", "j", 3), ("worker", "k", 2)]


def test_hooks_outlive_another_installation_and_another_key(app: App) -> None:
    app.database.run("--session", "j")
    app.sql("ALTER TABLE jobs ADD try int NOT NULL DEFAULT 1")
    app.map(attempt="try")
    app.write()
    rekeyed = app.database.sweeper("install", "--rekey", now=None)
    assert rekeyed.exit_code == 0, rekeyed.stderr
    assert app.database.run().document["refunds"]["sessions"] == 1
    assert totals(app) == (5, 5)


def test_a_condition_that_prevents_another_key_is_named(app: App) -> None:
    app.database.run("--session", "j")
    app.sql(
        "CREATE TRIGGER \"Of one\" AFTER INSERT ON sweeper.refunds FOR EACH ROW WHEN (NEW.session_id <> '') "
        "EXECUTE FUNCTION on_refund()"
    )
    app.sql("ALTER TABLE jobs ADD try int NOT NULL DEFAULT 1")
    app.map(attempt="try")
    app.write()
    refused = app.database.sweeper("install", "--rekey", now=None)
    assert refused.exit_code == 2
    assert '"Of one" on sweeper.refunds' in refused.stderr
    app.sql('DROP TRIGGER "Of one" ON sweeper.refunds')
    assert app.database.sweeper("install", "--rekey", now=None).exit_code == 0


def test_an_error_of_a_hook_holds_the_one_session(app: App) -> None:
    app.sql(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not %', NEW.session; END $$; "
        "CREATE TRIGGER refuse BEFORE INSERT ON outbox FOR EACH ROW WHEN (NEW.session = 'j') EXECUTE FUNCTION refuse()"
    )
    with pytest.raises(psycopg.errors.RaiseException, match="not j"):
        app.sql("SELECT sweeper.refund('j', 'a test')")
    ran = app.database.run()
    assert (ran.exit_code, ran.document["refunds"]["sessions"], ran.document["held"]) == (3, 1, 1), ran.stderr
    assert holds(app.database) == {"j": ("refused", "P0001")}
    assert totals(app) == (2, 2)


@pytest.mark.slow
def test_a_lock_that_a_hook_does_not_get_is_a_skip(app: App) -> None:
    with app.database.connect() as other:
        other.execute("SELECT FROM points FOR UPDATE")
        ran = app.database.run()
        assert (ran.exit_code, ran.document["refunds"]["sessions"], ran.document["held"]) == (0, 0, 0), ran.stderr
        assert ran.document["skipped"] == 2
    assert app.database.run().document["refunds"]["sessions"] == 2
    assert totals(app) == (5, 5)


def test_a_hook_without_rights_of_its_own_needs_those_of_the_runner(app: App) -> None:
    app.sql("ALTER FUNCTION on_refund() SECURITY INVOKER")
    ran = app.database.run()
    assert (ran.exit_code, ran.document["refunds"]["sessions"]) == (1, 0)
    app.sql("GRANT ALL ON points, outbox, outbox_id_seq TO sweeper_runner")
    assert app.database.run().document["refunds"]["sessions"] == 2


def test_a_hook_that_also_moves_the_balance_stops_the_payment(bare: AppDatabase) -> None:
    app = App(bare)
    assert app.install().exit_code == 0
    app.sql(
        "CREATE FUNCTION again() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$ "
        "BEGIN UPDATE wallets SET balance = balance + NEW.amount WHERE id = NEW.account_id; RETURN NULL; END $$; "
        "CREATE TRIGGER again AFTER INSERT ON sweeper.refunds FOR EACH ROW EXECUTE FUNCTION again()"
    )
    with pytest.raises(psycopg.errors.RaiseException, match="balance did not grow"):
        app.sql("SELECT sweeper.refund('j', 'a test')")
    ran = app.database.run()
    assert (ran.document["refunds"]["sessions"], app.balance(), app.refunds()) == (0, 100, [])


@pytest.mark.parametrize(
    "altered",
    [
        "amount := NEW.amount * 2",
        "account_id := 'v'",
        "session_id := 'other'",
        "attempt := 7",
        "again := 7",
        "run_id := gen_random_uuid()",
        "layer := 'adopted'",
        "created_at := NEW.created_at - interval '2 days'",
    ],
)
def test_a_hook_that_alters_the_refund_itself_is_refused(bare: AppDatabase, altered: str) -> None:
    app = App(bare)
    assert app.install().exit_code == 0
    app.sql("INSERT INTO wallets VALUES ('v')")
    app.sql(
        f"CREATE FUNCTION alters() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.{altered}; RETURN NEW; END $$; "
        "CREATE TRIGGER alters BEFORE INSERT ON sweeper.refunds FOR EACH ROW EXECUTE FUNCTION alters()"
    )
    with pytest.raises(psycopg.errors.RaiseException, match="a trigger alters the refund"):
        app.sql("SELECT sweeper.refund('j', 'x')")
    assert app.database.run().document["held"] == 1
    assert app.sql("SELECT count(*)::int FROM sweeper.refunds") == [(0,)]
    assert app.sql("SELECT DISTINCT balance::int FROM wallets") == [(100,)]


@pytest.mark.parametrize(
    "altered", ["amount := 1", "reversal_id := gen_random_uuid()", "created_at := NEW.created_at - interval '2 days'"]
)
def test_a_hook_that_alters_the_reversal_itself_is_refused(bare: AppDatabase, altered: str) -> None:
    app = App(bare)
    assert app.install().exit_code == 0
    assert app.database.run().document["refunds"]["sessions"] == 1
    app.sql(
        f"CREATE FUNCTION alters() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.{altered}; RETURN NEW; END $$; "
        "CREATE TRIGGER alters BEFORE INSERT ON sweeper.reversals FOR EACH ROW EXECUTE FUNCTION alters()"
    )
    assert revert(app.database, "--session", "j").exit_code == 1
    assert app.sql("SELECT (SELECT count(*) FROM sweeper.reversals)::int, balance::int FROM wallets") == [(0, 103)]
