"""A table that takes the name of the table of sessions: rotated, copied and swapped, or restored."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.jobs import (
    FILE,
    MADE_ANEW,
    ROTATE,
    SWAPPED,
    add_job,
    install,
    jobs,
    reconfigure,
    refused,
    sweep,
    uninstall,
)
from tests.helpers.server import Server


def begin_anew(database: AppDatabase, how: str, *, account: str = "u") -> None:
    """Another table under the name of the first, with ids from 1 and sessions that start from now on."""
    database.sql(MADE_ANEW[how])
    database.sql(
        "INSERT INTO jobs (id, user_id, status, cost, started_at) "
        "SELECT n, %s, 'error', 1, now() + interval '5 minutes' FROM generate_series(1, 5) AS n",
        account,
    )


@pytest.mark.slow
@pytest.mark.parametrize("account", ["u", "v"])
@pytest.mark.parametrize("how", MADE_ANEW)
def test_refunds_of_a_rotated_table_do_not_count_for_the_new_one(paid: AppDatabase, how: str, account: str) -> None:
    begin_anew(paid, how, account=account)
    paid.sql("INSERT INTO users VALUES ('v', 0)")
    if account == "v":  # the account alone tells
        paid.sql("UPDATE jobs SET started_at = now() - interval '3 hours'")
    for command in (("run",), ("run", "--dry-run"), ("install",)):
        said = refused(paid, *command)
        assert "is not the same table as before" in said
        assert "another schema" in said
    item = paid.sweeper("check", "--json", now=None).document["checks"]
    assert [one["name"] for one in item if one["status"] == "failure" and "not the same table" in one["message"]]
    assert "which have another account or were started after" in refused(paid, "install", "--rekey")
    paid.config.write_text('[database]\nschema = "aside"\n' + paid.config.read_text())
    assert install(paid) == 0
    assert sweep(paid, now=datetime.now(UTC) + timedelta(hours=1)) == 5
    if how == "renamed":
        paid.config.write_text(FILE.format(sessions="").replace('"jobs"', '"jobs_old"'))
        assert install(paid) == 0
        assert sweep(paid) == 0


@pytest.mark.parametrize(("how", "account"), [("renamed", "u"), ("dropped", "u"), ("dropped", "v")])
def test_refund_does_not_take_a_refund_of_the_rotated_table_for_one_of_the_new(
    paid: AppDatabase, how: str, account: str
) -> None:
    begin_anew(paid, how, account=account)
    paid.sql("INSERT INTO users VALUES ('v', 0)")
    if account == "v":  # the account alone tells
        paid.sql("UPDATE jobs SET started_at = now() - interval '3 hours'")
    with pytest.raises(
        psycopg.errors.ObjectNotInPrerequisiteState, match="is not the table that the refunds"
    ) as caught:
        paid.sql("SELECT sweeper.refund(1, 'x')")
    assert ("now jobs_old" in str(caught.value)) == (how == "renamed")
    assert paid.value("SELECT sum(credits) FROM users") == 20


def test_a_rotated_table_is_noticed_while_the_new_one_is_empty_and_before_any_refund(
    server: Server, tmp_path: Path
) -> None:
    for database in jobs(server, tmp_path):
        database.sql("INSERT INTO users VALUES ('u', 0)")
        database.sql(ROTATE)
        assert "now jobs_old" in refused(database, "run")
        assert install(database) == 0
        add_job(database, 1)
        assert sweep(database) == 1
        database.sql("DROP TABLE jobs; ALTER TABLE jobs_old RENAME TO jobs")
        for command in (("run",), ("install",), ("install", "--rekey")):
            assert "none of the 1 newest refunds" in refused(database, *command)


LATER = timedelta(hours=1)


def begin_numbers_anew(database: AppDatabase) -> None:
    """The same table, emptied, with five sessions that have started since under the first ids."""
    database.sql("TRUNCATE jobs RESTART IDENTITY")
    database.sql(
        "INSERT INTO jobs (id, user_id, status, cost, started_at) "
        "SELECT n, 'u', 'error', 1, now() + interval '5 minutes' FROM generate_series(1, 5) AS n"
    )


def test_ids_that_began_anew_stop_a_full_sweep_until_they_have_a_ledger_of_their_own(paid: AppDatabase) -> None:
    begin_numbers_anew(paid)
    later = datetime.now(UTC) + LATER
    for command in (("run", "--full"), ("run", "--full", "--dry-run")):
        ran = paid.sweeper(*command, now=later)
        assert (ran.exit_code, "the ids of jobs started over" in ran.stderr) == (2, True)
    checks = paid.sweeper("check", "--json", now=later).document["checks"]
    assert [one["name"] for one in checks if "started over" in one["message"]] == ["installed"]
    uninstall(paid)
    paid.config.write_text('[database]\nschema = "aside"\n' + paid.config.read_text())
    assert install(paid) == 0
    assert sweep(paid, now=later) == 5
    assert paid.value("SELECT sum(credits) FROM users") == 25


def test_sessions_that_are_started_again_do_not_stop_a_run(paid: AppDatabase) -> None:
    """They lack `sessions.attempt`, which an audit says; those beside them are as old as ever."""
    paid.sql("UPDATE jobs SET started_at = now() + interval '5 minutes' WHERE id < 20")
    assert sweep(paid, now=datetime.now(UTC) + LATER) == 0
    paid.sql("UPDATE jobs SET started_at = now() - interval '1 day' WHERE id < 20")
    paid.sql("UPDATE jobs SET started_at = now() + interval '5 minutes' WHERE id = 20")
    assert sweep(paid, now=datetime.now(UTC) + LATER) == 0


@pytest.mark.parametrize("how", SWAPPED)
def test_a_copy_that_was_put_in_the_tables_place_goes_on(paid: AppDatabase, how: str) -> None:
    paid.sql(SWAPPED[how])
    if how == "kept":
        assert "now _jobs_del" in refused(paid, "run")
        with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="now _jobs_del"):
            paid.sql("SELECT sweeper.refund(1, 'x')")
        assert "--rekey" in refused(paid, "install")
        assert install(paid, "--rekey") == 0
    paid.sql("INSERT INTO jobs (id, public_id, user_id, status, cost) VALUES (21, 21, 'u', 'error', 1)")
    assert sweep(paid) == 1
    assert paid.sql("SELECT sweeper.refund(1, 'x')") == [(0,)]
    assert install(paid) == 0
    assert sweep(paid) == 0
    if how == "kept":
        paid.config.write_text('[database]\nschema = "aside"\n' + paid.config.read_text())
        assert "schema sweeper has refunds of 21 sessions" in refused(paid, "install")


def test_a_table_that_became_a_partition_of_the_new_one_goes_on(paid: AppDatabase) -> None:
    paid.sql("ALTER TABLE jobs RENAME TO jobs_first; ALTER TABLE jobs_first ALTER public_id DROP IDENTITY")
    paid.sql("CREATE TABLE jobs (LIKE jobs_first INCLUDING DEFAULTS, PRIMARY KEY (id)) PARTITION BY RANGE (id)")
    paid.sql("ALTER TABLE jobs ATTACH PARTITION jobs_first FOR VALUES FROM (0) TO (1000)")
    assert install(paid) == 0
    assert sweep(paid) == 0


def test_another_table_that_has_the_oid_by_chance_is_not_the_one_before(paid: AppDatabase) -> None:
    """As after a dump was restored into another database."""
    paid.sql(SWAPPED["dropped"])
    for stranger in ("CREATE TABLE logs (id int, line text)", "CREATE TABLE notes (id text, status text)"):
        paid.sql(stranger)
        table = stranger.split()[2]
        paid.sql(
            f"UPDATE sweeper.settings SET charge_key = charge_key || "
            f"jsonb_build_object('table_oid', '{table}'::regclass::oid::bigint)"
        )
        assert sweep(paid) == 0


REFUNDED = """
CREATE TABLE events (job_id int); INSERT INTO events VALUES (1), (2);
INSERT INTO users VALUES ('u');
INSERT INTO jobs (id, user_id, status, cost) SELECT n, 'u', 'error', 1 FROM generate_series(1, 3) AS n
"""
MARK = 'exclude = "EXISTS (SELECT FROM events AS e WHERE e.job_id = s.id)"'
RENAME = "ALTER TABLE events RENAME TO events_old; CREATE TABLE events (LIKE events_old)"


def test_nothing_is_paid_when_a_table_that_exclude_reads_is_replaced(server: Server, tmp_path: Path) -> None:
    """What the app had refunded itself is in the old table alone."""
    for app in jobs(server, tmp_path, sessions=MARK, more=REFUNDED):
        assert sweep(app) == 1
        app.sql(RENAME)
        for command in (("run",), ("run", "--dry-run"), ("audit",)):
            assert "events, which the file reads, is not the same table" in refused(app, *command)
        with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="events, which the mapping reads"):
            app.sql("SELECT sweeper.refund(1, 'x')")
        app.sql("INSERT INTO events SELECT * FROM events_old")
        assert install(app) == 0
        assert (sweep(app), app.value("SELECT sweeper.refund(1, 'x')")) == (0, 0)
        app.sql("CREATE TABLE copied AS TABLE events; DROP TABLE events; ALTER TABLE copied RENAME TO events")
        assert sweep(app) == 0


def test_nor_when_a_view_takes_its_name_until_the_file_reads_both(server: Server, tmp_path: Path) -> None:
    for app in jobs(server, tmp_path, sessions=MARK, more=REFUNDED):
        app.sql("ALTER TABLE events RENAME TO events_old; CREATE TABLE fresh (LIKE events_old)")
        app.sql("CREATE VIEW events AS SELECT * FROM fresh")
        assert "events, which the file reads, is not the same table" in refused(app, "run")
        reconfigure(app, MARK.replace("FROM events", "FROM (TABLE events UNION ALL TABLE events_old)"))
        planned = app.run("--dry-run", now=None, role=None)
        assert (planned.document["refunds"]["sessions"], install(app), sweep(app)) == (1, 0, 1)


@pytest.mark.parametrize(
    "replace",
    [
        "CREATE TABLE events (job_id int) PARTITION BY LIST (job_id); "
        "ALTER TABLE events ATTACH PARTITION events_old DEFAULT",
        "CREATE TABLE events (job_id int); ALTER TABLE events_old INHERIT events",
    ],
    ids=["partition", "child"],
)
def test_a_table_that_became_a_part_of_the_new_one_stops_nothing(server: Server, tmp_path: Path, replace: str) -> None:
    for app in jobs(server, tmp_path, sessions=MARK, more=REFUNDED):
        app.sql(f"ALTER TABLE events RENAME TO events_old; {replace}")
        assert (sweep(app), app.value("SELECT sweeper.refund(1, 'x')")) == (1, 0)


def test_nobody_is_paid_when_a_table_that_active_reads_is_replaced(server: Server, tmp_path: Path) -> None:
    more = "CREATE TABLE bans (user_id text); INSERT INTO bans VALUES ('u'); INSERT INTO users VALUES ('u');"
    for app in jobs(server, tmp_path, more=more):
        banned = "NOT EXISTS (SELECT FROM bans AS b WHERE b.user_id = a.id)"
        app.configure("balance =", f'serialized = true\nactive = "{banned}"\nbalance =')
        assert install(app) == 0
        add_job(app, 1)
        app.sql("ALTER TABLE bans RENAME TO bans_old; CREATE TABLE bans (user_id text)")
        assert "bans, which the file reads, is not the same table" in refused(app, "run")


def test_nobody_is_paid_in_another_table_of_accounts(server: Server, tmp_path: Path) -> None:
    """An id may be that of somebody else there."""
    for app in jobs(server, tmp_path, more="INSERT INTO users VALUES ('u');"):
        add_job(app, 1)
        app.sql("ALTER TABLE users RENAME TO users_old; CREATE TABLE users (LIKE users_old INCLUDING ALL)")
        app.sql("INSERT INTO users VALUES ('u')")
        assert "which the file reads, is not the same table as at installation" in refused(app, "run")
        with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match=r"users\W, which the mapping reads"):
            app.sql("SELECT sweeper.refund(1, 'x')")
        assert install(app) == 0
        assert sweep(app) == 1
        app.sql("CREATE TABLE copied (LIKE users INCLUDING ALL); INSERT INTO copied SELECT * FROM users")
        app.sql("DROP TABLE users; ALTER TABLE copied RENAME TO users")
        add_job(app, 2)
        assert sweep(app) == 1
