"""Tables of roles that own none of the mapped ones: to read them would run their owners' code with our rights."""

import pytest

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase
from tests.helpers.checks import check, items
from tests.helpers.roles import LAYER
from tests.helpers.shops import shop
from tests.helpers.trapped import sprung, trapped

# what looks like refunds, whose balance, and what sessions are part of, so that many items would look
TABLES = """
CREATE TABLE trap.refunds (id bigserial PRIMARY KEY, job_id text REFERENCES public.jobs, wallet text, kind trap.kind,
    note text, about jsonb, amount bigint);
CREATE INDEX ON trap.refunds (id) WHERE trap.simplified(1) = 1;
INSERT INTO trap.refunds (job_id, wallet, kind, note, about, amount)
SELECT id, owner, 'refund', 'refund of ' || id, jsonb_build_object('job_id', id), price FROM public.jobs;
CREATE TABLE trap.balances (id bigserial PRIMARY KEY, wallet text UNIQUE REFERENCES public.wallets, credits bigint);
CREATE INDEX ON trap.balances (id) WHERE trap.simplified(1) = 1;
INSERT INTO trap.balances (wallet, credits) SELECT id, 5 FROM public.wallets
"""
READS = f"GRANT USAGE ON SCHEMA public TO {LAYER}; GRANT SELECT, REFERENCES ON jobs, wallets TO {LAYER}"


@pytest.fixture
def app(bare: AppDatabase) -> App:
    """A shop whose file names no book."""
    app = shop(bare)
    app.sections.pop("ledger")
    app.sections.pop("ledger.insert")
    app.write()
    app.sql(READS)
    return app


@pytest.mark.every_version
def test_nobody_gains_rights_by_a_table_that_looks_like_the_apps(app: App) -> None:
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


def test_a_table_of_whoever_owns_a_mapped_one_is_compared(app: App) -> None:
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
