"""Tables of roles that own none of the mapped ones: to read them would run their owners' code with our rights."""

import pytest

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase
from tests.helpers.checks import check, items
from tests.helpers.roles import LAYER
from tests.helpers.shops import shop, without_ledger
from tests.helpers.trapped import sprung, trapped

# what looks like refunds, whose balance, and what sessions are part of, so that many items would look
TABLES = """
CREATE TABLE trap.refunds (id bigserial PRIMARY KEY, job_id text REFERENCES public.jobs, wallet text, kind trap.kind,
    note text, about jsonb, amount bigint);
CREATE INDEX ON trap.refunds (id) WHERE trap.simplified(1) = 1;
INSERT INTO trap.refunds (job_id, wallet, kind, note, about, amount)
SELECT id, owner, 'refund', 'refund of ' || id, jsonb_build_object('job_id', id), price FROM public.jobs
WHERE state = 'failed';
CREATE TABLE trap.balances (id bigserial PRIMARY KEY, wallet text UNIQUE REFERENCES public.wallets, credits bigint);
CREATE INDEX ON trap.balances (id) WHERE trap.simplified(1) = 1;
INSERT INTO trap.balances (wallet, credits) SELECT id, 5 FROM public.wallets
"""
READS = f"GRANT USAGE ON SCHEMA public TO {LAYER}; GRANT SELECT, REFERENCES ON jobs, wallets TO {LAYER}"


@pytest.fixture
def app(bare: AppDatabase) -> App:
    """A shop whose file names no book."""
    app = shop(bare)
    without_ledger(app)
    app.write()
    app.sql(READS)
    return app


@pytest.mark.every_version
def test_a_table_that_looks_like_the_apps_gives_no_role_more_rights(app: App) -> None:
    with trapped(app.database, LAYER, TABLES) as listening:
        found = items(check(app.database))
        assert sprung(listening) == set()
        assert found["other_tables"]["status"] == "warning"
        assert f"tables of {LAYER} (trap.balances, trap.refunds)" in found["other_tables"]["message"]
        assert app.install().exit_code == 0
        app.database.run(now=None)
        app.database.run(now=None, role=None)
        app.database.sweeper("audit")
        assert sprung(listening) == set()
        app.sql("SELECT count(*) FROM trap.refunds")
        assert sprung(listening) == {"postgres"}, "or nothing above was a trap"


def test_a_table_of_the_owner_of_a_mapped_one_is_compared(app: App) -> None:
    """As where one role of the app has several schemas, and a superuser sweeps."""
    app.sql(f"ALTER TABLE jobs OWNER TO {LAYER}")
    with trapped(app.database, LAYER, TABLES):
        found = items(check(app.database))
        assert found["other_tables"]["status"] == "ok", found["other_tables"]
        assert '"trap"."refunds"."job_id"' in found["marks"]["message"]


def test_a_table_of_a_role_that_nobody_can_log_in_as_is_compared(app: App) -> None:
    app.sql("CREATE ROLE owns_tables NOLOGIN")
    app.sql(READS.replace(LAYER, "owns_tables"))
    try:
        with trapped(app.database, "owns_tables", TABLES):
            assert items(check(app.database))["other_tables"]["status"] == "ok"
            app.sql(f"GRANT owns_tables TO {LAYER}")
            assert items(check(app.database))["other_tables"]["status"] == "warning"
    finally:
        app.sql("DROP OWNED BY owns_tables CASCADE; DROP ROLE owns_tables")


# as if sweeper were installed there over the same jobs, and had paid some
INSTALLATION = """
CREATE TABLE trap.settings (schema_version int, installed_at timestamptz, fingerprint text, search_path text,
    guard_index text, live_index text, charge_key jsonb, horizon timestamptz, horizon_as_of timestamptz,
    horizon_policy text, full_sweep_as_of timestamptz, before_floor_sessions bigint, before_floor_credits numeric);
CREATE TABLE trap.locks (name text);
CREATE TABLE trap.refunds (refund_id uuid, session_id text, account_id text, attempt int, again int, amount numeric,
    layer text, run_id uuid, failed_at timestamptz, created_at timestamptz);
CREATE TABLE trap.reversals (reversal_id uuid, refund_id uuid, made_by text);
CREATE INDEX ON trap.settings (fingerprint) WHERE trap.simplified(1) = 1;
CREATE INDEX ON trap.refunds (session_id) WHERE trap.simplified(1) = 1;
INSERT INTO trap.settings (schema_version, installed_at, fingerprint, search_path, charge_key)
SELECT 1, now(), 'f', 'public', jsonb_build_object(
    'table', '"public"."jobs"', 'table_oid', 'public.jobs'::regclass::oid,
    'id', '"id"', 'id_type', 'text', 'attempt', NULL, 'attempt_type', 'integer', 'timezone', NULL);
INSERT INTO trap.refunds
SELECT gen_random_uuid(), id, owner, 0, 0, price, 'sweeper', NULL, ended, now() FROM public.jobs
"""


@pytest.mark.every_version
def test_a_strangers_fake_installation_runs_nothing_and_does_not_stop_a_run(app: App) -> None:
    app.map("policy", grace="1s")
    app.write()
    with trapped(app.database, LAYER, INSTALLATION) as listening:
        assert app.install().exit_code == 0
        found = items(check(app.database))
        assert (found["mapping"]["status"], found["installed"]["status"]) == ("ok", "ok"), found
        ran = app.database.run("--accept", "marks", now=None)
        assert (ran.exit_code, ran.document["refunds"]["sessions"] > 0) == (0, True), ran.stdout
        assert app.database.run("--dry-run", now=None).exit_code == 0
        assert sprung(listening) == set()


def test_an_installation_by_the_owner_of_the_sessions_is_seen(app: App) -> None:
    app.sql(f"ALTER TABLE jobs OWNER TO {LAYER}")
    with trapped(app.database, LAYER, INSTALLATION):
        assert app.database.sweeper("install", "--json").document["error"]["code"] == "second_ledger"


def test_a_stranger_who_made_sweepers_own_schema_first_gains_nothing(app: App) -> None:
    with trapped(app.database, LAYER, INSTALLATION) as listening:
        app.sql("ALTER SCHEMA trap RENAME TO sweeper; CREATE SCHEMA trap; GRANT USAGE ON SCHEMA trap TO PUBLIC")
        app.sql("ALTER FUNCTION sweeper.spring() SET SCHEMA trap")
        for command in (["check"], ["run"], ["run", "--dry-run"], ["audit"], ["explain", "j1"], ["install"]):
            ran = app.database.sweeper(*command, "--json", now=None)
            said = items(ran)["search_path"]["message"] if command == ["check"] else ran.document["error"]["message"]
            assert f"{LAYER}, which owns the schema sweeper" in said
        assert sprung(listening) == set()
        app.sql("SELECT count(*) FROM sweeper.settings")
        assert sprung(listening) == {"postgres"}, "or nothing above was a trap"
