"""What a charge is known by: no migration of the app and no change of the file pays a refund a second time."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.command import NOW
from tests.helpers.paths import APPS
from tests.helpers.server import Server

JOBS = """
CREATE TABLE users (id {account_type} PRIMARY KEY, credits numeric NOT NULL DEFAULT 0);
CREATE TABLE jobs (
    id {id_type} PRIMARY KEY, public_id bigint UNIQUE NOT NULL GENERATED ALWAYS AS IDENTITY (START 1000),
    user_id {account_type} NOT NULL, status text NOT NULL, cost {cost_type}, charge_id text, tries int DEFAULT 1,
    started_at timestamptz NOT NULL DEFAULT now() - interval '3 hours'
);
"""
FILE = """
[sessions]
table = "jobs"
id = "id"
account = "user_id"
status = "status"
failed = ["error"]
running = ["running"]
succeeded = ["done"]
started_at = "started_at"
amount = "cost"
{sessions}
[accounts]
table = "users"
id = "id"
balance = "credits"
[policy]
since = 2020-01-01T00:00:00Z
max_clock_skew = "100y"
"""
ATTEMPT = 'attempt = "charge_id"'
TRIES = 'attempt = "tries"'


def jobs(
    server: Server,
    folder: Path,
    *,
    sessions: str = "",
    id_type: str = "int",
    account_type: str = "text",
    cost_type: str = "numeric",
    more: str = "",
) -> Iterator[AppDatabase]:
    script = JOBS.format(id_type=id_type, account_type=account_type, cost_type=cost_type) + more
    with server.blank(folder, script) as database:
        database.config.write_text(FILE.format(sessions=sessions))
        assert install(database) == 0
        yield database


def add_jobs(database: AppDatabase, count: int, *, account: str = "'u'") -> None:
    """Failed sessions of one credit each, numbered from 1 on."""
    database.sql(
        "INSERT INTO jobs (id, user_id, status, cost, charge_id) "
        f"SELECT n, {account}, 'error', 1, 'c' || n FROM generate_series(1, {count}) AS n"
    )


def add_job(database: AppDatabase, job_id: int, *, account: str = "u", cost: int = 1) -> None:
    """One failed session."""
    database.sql("INSERT INTO jobs (id, user_id, status, cost) VALUES (%s, %s, 'error', %s)", job_id, account, cost)


def install(database: AppDatabase, *flags: str) -> int:
    return database.sweeper("install", *flags, now=None).exit_code


def uninstall(database: AppDatabase) -> None:
    """By the README's block that keeps the record."""
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    block = readme.partition("## Uninstall")[2].partition("## ")[0].split("```sql\n")[2].partition("```")[0]
    database.sql(block)


def sweep(database: AppDatabase, *flags: str, now: datetime | None = None) -> int:
    """The credits that one run paid."""
    ran = database.run("--full", *flags, now=now, role=None)
    assert ran.exit_code == 0, ran.stderr
    return int(ran.document["refunds"]["credits"])


def refused(database: AppDatabase, *arguments: str) -> str:
    """What the command says that exits 2; nothing was paid."""
    before = database.value("SELECT sum(credits) FROM users")
    ran = database.sweeper(*arguments, now=None)
    assert (ran.exit_code, database.value("SELECT sum(credits) FROM users")) == (2, before)
    return ran.stderr


@pytest.fixture
def paid(server: Server, tmp_path: Path) -> Iterator[AppDatabase]:
    """Twenty sessions of one credit each, refunded under the plain key."""
    for database in jobs(server, tmp_path):
        database.sql("INSERT INTO users VALUES ('u', 0)")
        add_jobs(database, 20)
        assert sweep(database) == 20
        yield database


def reconfigure(database: AppDatabase, sessions: str) -> None:
    database.config.write_text(FILE.format(sessions=sessions))


# --- closing does not make another charge of a session


@pytest.mark.parametrize("how", ["close", "trigger"])
def test_a_closing_that_changes_the_attempt_is_held_and_never_paid(server: Server, tmp_path: Path, how: str) -> None:
    sessions = f'{ATTEMPT}\n[sessions.close]\ncharge_id = "NULL"' if how == "close" else TRIES
    for database in jobs(server, tmp_path, sessions=sessions):
        database.sql("INSERT INTO users VALUES ('u', 0), ('other', 0)")
        if how == "trigger":
            database.sql(
                "CREATE FUNCTION count_tries() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                "IF NEW.status = 'error' AND OLD.status <> 'error' THEN NEW.tries := OLD.tries + 1; END IF; "
                "RETURN NEW; END $$; "
                "CREATE TRIGGER count_tries BEFORE UPDATE ON jobs FOR EACH ROW EXECUTE FUNCTION count_tries()"
            )
        database.sql(
            "INSERT INTO jobs (id, user_id, status, cost, charge_id) "
            "VALUES (1, 'u', 'running', 10, 'c1'), (2, 'other', 'error', 10, 'c2')"
        )
        with pytest.raises(psycopg.errors.RaiseException, match=r"sessions\.attempt is another after the refund"):
            database.sql("SELECT sweeper.refund(1, 'x')")
        for _ in range(3):
            ran = database.run("--full", now=None, role=None)
            assert int(ran.document["refunds"]["credits"]) <= 10
        assert database.sql("SELECT id, credits::int FROM users ORDER BY id") == [("other", 10), ("u", 0)]
        assert database.value("SELECT status FROM jobs WHERE id = 1") == "running"
        assert database.value("SELECT message FROM sweeper.holds WHERE ended_at IS NULL").startswith("sessions.attempt")
        assert database.value("SELECT sweeper.refund(1, 'x')") == 0


def test_a_session_without_an_attempt_is_held(server: Server, tmp_path: Path) -> None:
    for database in jobs(server, tmp_path, sessions=ATTEMPT):
        database.sql("INSERT INTO users VALUES ('u', 0)")
        add_job(database, 1, account="u", cost=10)
        ran = database.run(now=None, role=None)
        assert (ran.exit_code, ran.document["held"]) == (3, 1)
        assert database.value("SELECT why FROM sweeper.holds") == "no_attempt"
        assert database.value("SELECT sweeper.refund(1, 'x')") == 0
        database.sql("UPDATE jobs SET charge_id = 'c1'")
        assert sweep(database) == 10
        assert database.value("SELECT count(*) FROM sweeper.holds WHERE ended_at IS NULL") == 0


def test_each_charge_of_a_session_is_paid_once(server: Server, tmp_path: Path) -> None:
    for database in jobs(server, tmp_path, sessions=TRIES):
        database.sql("INSERT INTO users VALUES ('u', 0)")
        add_job(database, 1, account="u", cost=10)
        assert [sweep(database), sweep(database)] == [10, 0]
        database.sql("UPDATE jobs SET tries = 2")
        assert [sweep(database), sweep(database)] == [10, 0]
        assert database.sql("SELECT attempt, again FROM sweeper.refunds ORDER BY attempt") == [(1, 0), (2, 0)]


# --- another key is refused, and translated when that is asked for


@pytest.mark.parametrize(
    ("sessions", "replaced"), [(ATTEMPT, "amount"), ("", 'id = "id"'), (TRIES, "amount")], ids=["added", "id", "tries"]
)
def test_another_key_is_refused_with_what_it_would_pay_and_translated(
    paid: AppDatabase, sessions: str, replaced: str
) -> None:
    if replaced == "amount":
        reconfigure(paid, sessions)
    else:
        paid.config.write_text(paid.config.read_text().replace('id = "id"', 'id = "public_id"', 1))
    said = refused(paid, "install")
    assert "20 sessions that are refunded would be paid again (20 credits)" in said
    assert "--rekey" in said
    refused(paid, "run")
    refused(paid, "run", "--dry-run")
    assert install(paid, "--rekey") == 0
    assert sweep(paid) == 0
    assert paid.value("SELECT credits FROM users") == 20
    expected = {
        "amount": "SELECT id::text, charge_id FROM jobs" if sessions == ATTEMPT else "SELECT id::text, '1' FROM jobs"
    }
    keys = paid.sql("SELECT session_id::text, attempt::text FROM sweeper.refunds")
    assert sorted(keys) == sorted(paid.sql(expected.get(replaced, "SELECT public_id::text, '0' FROM jobs")))
    with pytest.raises(Exception, match="append-only"):
        paid.sql("UPDATE sweeper.refunds SET amount = 2")


def test_an_attempt_that_is_taken_away_is_translated_and_the_guard_stands(server: Server, tmp_path: Path) -> None:
    for database in jobs(server, tmp_path, sessions=TRIES):
        database.sql("INSERT INTO users VALUES ('u', 0)")
        add_job(database, 1, account="u", cost=10)
        sweep(database)
        database.sql("UPDATE jobs SET tries = 2")
        sweep(database)
        reconfigure(database, "")
        assert "sessions.attempt was tries and is None" in refused(database, "install")
        assert install(database, "--rekey") == 0
        assert sweep(database) == 0
        assert database.sql("SELECT attempt, again FROM sweeper.refunds ORDER BY again") == [(0, 0), (0, 1)]


@pytest.mark.parametrize(
    "migration",
    ["ALTER TABLE jobs ALTER id TYPE bigint", "ALTER TABLE jobs ALTER id TYPE text"],
    ids=["bigint", "text"],
)
def test_an_id_that_was_widened_is_noticed_by_the_run_and_translated(paid: AppDatabase, migration: str) -> None:
    paid.sql(migration)
    assert "the type of sessions.id" in refused(paid, "run")
    assert "--rekey" in refused(paid, "install")
    assert install(paid, "--rekey") == 0
    assert sweep(paid) == 0
    add_job(paid, 21, account="u", cost=1)
    assert sweep(paid) == 1


def test_an_account_id_that_was_widened_is_taken_up_by_install(server: Server, tmp_path: Path) -> None:
    for database in jobs(server, tmp_path, account_type="int"):
        database.sql("INSERT INTO users VALUES (1, 0)")
        add_job(database, 1, account="1", cost=10)
        sweep(database)
        database.sql("ALTER TABLE users ALTER id TYPE bigint; ALTER TABLE jobs ALTER user_id TYPE bigint")
        refused(database, "run")
        assert install(database) == 0
        assert sweep(database) == 0
        assert database.sql("SELECT account_id, pg_typeof(account_id)::text FROM sweeper.refunds") == [(1, "bigint")]


def test_refunds_whose_sessions_do_not_tell_the_key_are_named(paid: AppDatabase) -> None:
    paid.sql("UPDATE jobs SET charge_id = NULL WHERE id = 7")
    reconfigure(paid, ATTEMPT)
    said = refused(paid, "install", "--rekey")
    assert "1 refunds cannot be translated" in said
    assert "(7)" in said
    assert paid.value("SELECT count(*) FROM sweeper.refunds WHERE attempt = 0") == 20


def test_a_renamed_value_of_an_enum_is_noticed_and_taken_up(server: Server, tmp_path: Path) -> None:
    kind = "CREATE TYPE kind AS ENUM ('first', 'second'); ALTER TABLE jobs ADD kind kind DEFAULT 'first';"
    for database in jobs(server, tmp_path, sessions='attempt = "kind"', more=kind):
        database.sql("INSERT INTO users VALUES ('u', 0)")
        add_job(database, 1, account="u", cost=10)
        sweep(database)
        database.sql("ALTER TYPE kind ADD VALUE 'zeroth' BEFORE 'first'")
        assert sweep(database) == 0
        database.sql("ALTER TYPE kind RENAME VALUE 'first' TO 'primary'")
        assert "has no value 'first' any more" in refused(database, "run")
        assert install(database, "--rekey") == 0
        assert sweep(database) == 0
        for old, new in (("primary", "tmp"), ("second", "primary"), ("tmp", "second")):
            database.sql(f"ALTER TYPE kind RENAME VALUE '{old}' TO '{new}'")
        assert "renamed to each other" in refused(database, "run")
        assert install(database, "--rekey") == 0
        assert sweep(database) == 0


def test_a_second_table_in_the_schema_of_another_is_refused(paid: AppDatabase) -> None:
    paid.sql("CREATE TABLE renders (LIKE jobs INCLUDING ALL)")
    paid.sql(
        "INSERT INTO renders (id, user_id, status, cost) SELECT n, 'u', 'error', 1 FROM generate_series(1, 5) AS n"
    )
    paid.configure('table = "jobs"', 'table = "renders"')
    assert "belongs to one table of sessions" in refused(paid, "install")
    assert "still there" in refused(paid, "install", "--rekey")
    paid.configure('table = "renders"', 'table = "jobs"')
    paid.sql("ALTER TABLE jobs RENAME TO work")
    paid.configure('table = "jobs"', 'table = "work"')
    assert install(paid) == 0
    assert sweep(paid) == 0


def test_a_second_schema_is_refused_while_another_has_refunds_of_what_it_would_pay(paid: AppDatabase) -> None:
    paid.config.write_text('[database]\nschema = "aside"\n' + paid.config.read_text())
    said = refused(paid, "install")
    assert "schema sweeper has refunds of 20 sessions" in said
    assert "another schema" not in said
    paid.configure("amount =", "exclude = \"started_at < now() - interval '1 hour'\"\namount =")  # none of those
    assert "installed over" in refused(paid, "install")
    uninstall(paid)
    assert install(paid) == 0


@pytest.mark.parametrize("how", ["the same", "restored", "renamed"])
def test_two_schemas_over_one_table_are_refused_before_either_has_refunds(
    server: Server, tmp_path: Path, how: str
) -> None:
    for database in jobs(server, tmp_path):
        database.sql("INSERT INTO users VALUES ('u', 0)")
        add_jobs(database, 20)
        first, second = database.config.read_text(), '[database]\nschema = "aside"\n' + database.config.read_text()
        if how == "restored":
            database.sql(SWAPPED["dropped"])
        elif how == "renamed":
            database.sql("ALTER TABLE jobs RENAME TO work")
            second = second.replace('"jobs"', '"work"')
        database.config.write_text(second)
        said = refused(database, "install")
        assert "schema sweeper is installed over" in said
        assert 'DROP SCHEMA "sweeper" CASCADE' in said
        refused(database, "run", "--dry-run")
        # as if both had been installed by a version before
        database.sql("ALTER SCHEMA sweeper RENAME TO hidden; ALTER TABLE hidden.locks RENAME TO hidden_locks")
        assert install(database) == 0
        database.sql("ALTER TABLE hidden.hidden_locks RENAME TO locks; ALTER SCHEMA hidden RENAME TO sweeper")
        for text in (second, first.replace('"jobs"', '"work"') if how == "renamed" else first):
            database.config.write_text(text)
            assert "both would pay every session" in refused(database, "install")
            assert "both would pay every session" in refused(database, "run", "--dry-run")
            said = refused(database, "run")
            if how == "renamed" and text != second:
                assert "not the one that is installed" in said
                continue
            assert "both would pay every session" in said
            found = database.sweeper("check", "--json", now=None).document["checks"]
            assert [one for one in found if one["status"] == "failure" and "both would pay" in one["message"]]
        database.sql("DROP SCHEMA aside CASCADE")
        assert (install(database), sweep(database), sweep(database)) == (0, 20, 0)


def test_another_app_with_a_schema_of_its_own_is_none_of_our_business(paid: AppDatabase) -> None:
    paid.sql("CREATE TABLE renders (LIKE jobs INCLUDING ALL)")
    paid.config.write_text('[database]\nschema = "aside"\n' + paid.config.read_text().replace('"jobs"', '"renders"'))
    assert install(paid) == 0
    assert sweep(paid) == 0
    paid.config.write_text(FILE.format(sessions=""))
    assert (install(paid), sweep(paid)) == (0, 0)


def test_an_account_of_another_type_and_an_empty_ledger_ask_nobody(server: Server, tmp_path: Path) -> None:
    for database in jobs(server, tmp_path):
        database.sql("ALTER TABLE jobs ALTER id TYPE bigint")
        assert install(database) == 0
        database.sql("INSERT INTO users VALUES ('u', 0)")
        add_job(database, 1, account="u", cost=10)
        assert sweep(database) == 10


# --- the record that an uninstallation leaves is taken up


def test_the_readmes_uninstall_and_an_install_after_it_pay_nothing_again(paid: AppDatabase) -> None:
    uninstall(paid)
    tables = paid.sql("SELECT relname FROM pg_class WHERE relnamespace = 'sweeper'::regnamespace AND relkind = 'r'")
    assert {"refunds", "reversals"} <= {name for (name,) in tables}
    ran = paid.sweeper("install", now=None)
    assert ran.exit_code == 0, ran.stderr
    assert "took up the ledger" in ran.stdout
    assert sweep(paid) == 0
    assert paid.value("SELECT credits FROM users") == 20


def test_a_ledger_that_was_kept_without_its_settings_is_taken_up(paid: AppDatabase) -> None:
    paid.sql("DROP TABLE sweeper.runs, sweeper.holds, sweeper.settings, sweeper.locks; DROP FUNCTION sweeper.refund")
    reconfigure(paid, ATTEMPT)
    assert "sessions.attempt was not given" in refused(paid, "install")
    reconfigure(paid, "")
    assert install(paid) == 0
    assert sweep(paid) == 0


@pytest.mark.parametrize("how", ["another column", "another table"])
def test_a_ledger_without_its_settings_is_not_taken_up_for_other_sessions(
    server: Server, tmp_path: Path, how: str
) -> None:
    for database in jobs(server, tmp_path, more="ALTER TABLE jobs ADD seq int UNIQUE NOT NULL DEFAULT 0;"):
        database.sql("INSERT INTO users SELECT 'u' || n, 0 FROM generate_series(1, 20) AS n")
        database.sql(
            "INSERT INTO jobs (id, seq, user_id, status, cost) "
            "SELECT n, 21 - n, 'u' || n, 'error', 1 FROM generate_series(1, 20) AS n"
        )
        assert sweep(database) == 20
        database.sql("DROP TABLE sweeper.runs, sweeper.holds, sweeper.settings, sweeper.locks")
        before = database.config.read_text()
        if how == "another column":
            database.configure('id = "id"\naccount', 'id = "seq"\naccount')
        else:
            database.sql("CREATE TABLE renders (LIKE jobs INCLUDING ALL)")
            database.sql(
                "INSERT INTO renders (id, seq, user_id, status, cost) "
                "SELECT n, n, 'u' || n + 10, 'error', 1 FROM generate_series(1, 5) AS n"
            )
            database.configure('"jobs"', '"renders"')
        for flags in ((), ("--rekey",)):
            assert "are not of the sessions there" in refused(database, "install", *flags)
        database.config.write_text(before)
        assert (install(database), sweep(database)) == (0, 0)


# --- a ledger of the first state of the program


@pytest.fixture(params=["", TRIES], ids=["without an attempt", "with one"])
def older(request: pytest.FixtureRequest, server: Server, tmp_path: Path) -> Iterator[AppDatabase]:
    """Three refunded sessions, of which one was paid again by a person; one on hold; one that is owed."""
    script = JOBS.format(id_type="int", account_type="text", cost_type="int")
    attempt = "1" if request.param else ""
    with server.blank(tmp_path, script + (APPS / "installed" / "version_1.sql").read_text()) as database:
        database.config.write_text(FILE.format(sessions=request.param))
        database.sql("INSERT INTO users VALUES ('u', 4)")
        for job_id in range(1, 6):
            add_job(database, job_id)
        insert = (
            "INSERT INTO sweeper.refunds "
            "(refund_id, session_id, account_id, attempt, amount, reason, layer, created_at) "
            "VALUES (gen_random_uuid(), %s, 'u', %s, 1, 'r', 'worker', now() - %s * interval '1 minute')"
        )
        for job_id in range(1, 4):
            database.sql(insert, job_id, attempt, 9)
        database.sql(
            "INSERT INTO sweeper.reversals "
            "SELECT gen_random_uuid(), refund_id, 1, 'mistake', 'me', now() FROM sweeper.refunds WHERE session_id = 3"
        )
        database.sql(insert, 3, f"{attempt} (again 1)", 1)
        hold = (
            "INSERT INTO sweeper.holds (session_id, attempt, why, first_seen, last_seen) "
            "VALUES (4, %s, 'refused', %s, %s)"
        )
        database.sql(hold, attempt, NOW, NOW)
        database.sql(hold, " (unknown)", NOW, NOW)
        yield database


def test_a_ledger_of_the_first_state_is_taken_up_as_it_is(older: AppDatabase) -> None:
    refused(older, "run")
    record = "SELECT refund_id, session_id, account_id, amount, created_at FROM sweeper.refunds ORDER BY 1"
    before = older.sql(record)
    floor = older.value("SELECT installed_at FROM sweeper.settings")
    assert install(older) == 0
    assert older.sql(record) == before
    keys = older.sql("SELECT session_id, attempt, again FROM sweeper.refunds ORDER BY session_id, again")
    attempt = 1 if "tries" in older.config.read_text() else 0
    assert keys == [(1, attempt, 0), (2, attempt, 0), (3, attempt, 0), (3, attempt, 1)]
    holds = [(4, "1"), (4, None)] if attempt else [(4, "0")]
    assert older.sql("SELECT session_id, attempt FROM sweeper.holds ORDER BY attempt") == holds
    assert older.value("SELECT installed_at FROM sweeper.settings") == floor
    with pytest.raises(psycopg.errors.RestrictViolation):
        older.sql("DELETE FROM sweeper.refunds")
    assert older.sweeper("audit", now=None).exit_code == 5  # what is owed, and what is on hold
    assert sweep(older) == 2  # a full sweep looks again at what is on hold
    assert older.value("SELECT credits FROM users") == 6


def test_a_ledger_of_the_first_state_is_not_put_under_another_key(older: AppDatabase) -> None:
    other = "" if "tries" in older.config.read_text() else TRIES
    reconfigure(older, other)
    assert "sessions.attempt" in refused(older, "install")
    assert install(older, "--rekey") == 0
    assert sweep(older) == 2


# --- amounts and ids are what they are


@pytest.mark.parametrize("cost_type", ["real", "double precision"])
def test_an_amount_of_a_floating_type_is_read_by_its_shortest_text(
    server: Server, tmp_path: Path, cost_type: str
) -> None:
    values = ["12345.67", "123456.7", "1048575", "16777215", "0.1"]
    if cost_type == "double precision":
        values += ["1234567890.1234567", "9007199254740993", "0.30000000000000004"]
    for database in jobs(server, tmp_path, cost_type=cost_type):
        database.sql("INSERT INTO users VALUES ('u', 0)")
        for number, value in enumerate(values):
            database.sql(
                "INSERT INTO jobs (id, user_id, status, cost) VALUES (%s, 'u', 'error', %s)", number, float(value)
            )
        planned = database.run("--dry-run", now=None, role=None).document["refunds"]["credits"]
        ran = database.run(now=None, role=None)
        assert ran.exit_code == 0, ran.stdout
        assert ran.document["refunds"]["credits"] == planned
        wrong = database.sql(
            "SELECT cost::text, amount FROM sweeper.refunds JOIN jobs ON id = session_id "
            "WHERE cost::text::numeric <> amount"
        )
        assert wrong == []
        assert database.sweeper("audit", now=None).exit_code == 0


@pytest.mark.parametrize("kind", ['text COLLATE "C"', "citext", "text COLLATE folded"])
def test_ids_are_compared_as_their_columns_are_and_by_index(server: Server, tmp_path: Path, kind: str) -> None:
    needed = {
        "citext": "CREATE EXTENSION citext",
        "text COLLATE folded": "CREATE COLLATION folded "
        "(provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
    }
    with server.blank(tmp_path) as database:
        try:
            database.sql(needed.get(kind, "SELECT"))
        except psycopg.errors.FeatureNotSupported as missing:
            pytest.skip(f"this build of Postgres has none: {missing}")
        database.sql(JOBS.format(id_type=kind, account_type=kind, cost_type="int"))
        database.config.write_text(FILE.format(sessions=""))
        assert install(database) == 0
        database.sql("INSERT INTO users VALUES ('u', 0), ('V', 0)")
        payer = "V" if '"C"' in kind else "v"
        add_jobs(database, 50)
        database.sql("INSERT INTO jobs (id, user_id, status, cost) VALUES ('last', %s, 'error', 1)", payer)
        database.sql("SET enable_seqscan = off")
        plan = "EXPLAIN SELECT FROM jobs AS s JOIN sweeper.refunds AS r ON r.session_id = s.id WHERE s.id = '1'"
        assert any("refunds_session_id_attempt_again_key" in line for (line,) in database.sql(plan))
        assert [sweep(database), sweep(database)] == [51, 0]
        assert dict(database.sql("SELECT id, credits::int FROM users")) == {"u": 50, "V": 1}
        assert database.sweeper("audit", now=None).exit_code == 0
        reverted = database.sweeper("revert", "--session", "last", "--reason", "x", "--yes", now=None)
        assert reverted.exit_code == 0, reverted.stderr


def test_a_key_that_is_too_long_for_an_index_is_held_and_the_others_are_paid(server: Server, tmp_path: Path) -> None:
    for database in jobs(server, tmp_path, sessions=ATTEMPT, id_type="text"):
        database.sql("INSERT INTO users VALUES ('u', 0), ('v', 0)")
        long = "(SELECT string_agg(md5(n::text), '') FROM generate_series(1, 80) AS n)"  # 2,560 bytes, incompressible
        database.sql(
            f"INSERT INTO jobs (id, user_id, status, cost, charge_id) VALUES ({long}, 'u', 'error', 1, {long})"
        )
        database.sql(
            "INSERT INTO jobs (id, user_id, status, cost, charge_id) "
            "VALUES ('a', 'v', 'error', 1, 'c'), ('b', 'v', 'error', 1, 'c')"
        )
        ran = database.run(now=None, role=None)
        assert (ran.document["refunds"]["sessions"], ran.document["held"]) == (2, 1)
        assert database.sql("SELECT length(session_id), sqlstate FROM sweeper.holds") == [(2560, "54000")]


# --- under one mapping from beginning to end


def test_a_run_does_not_go_on_under_a_mapping_that_is_not_the_installed_one_any_more(
    server: Server, tmp_path: Path
) -> None:
    for database in jobs(server, tmp_path):
        database.sql("INSERT INTO users SELECT 'u' || n, 0 FROM generate_series(1, 200) AS n")
        add_jobs(database, 200, account="'u' || n")
        database.sql(
            # as if `sweeper install` had come while the third batch was found
            "CREATE FUNCTION replaced() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "IF (SELECT count(*) FROM sweeper.refunds) >= 100 THEN "
            "UPDATE sweeper.locks SET fingerprint = 'another' WHERE name = 'installation'; END IF; "
            "RETURN NULL; END $$; "
            "CREATE TRIGGER replaced AFTER INSERT ON sweeper.refunds FOR EACH STATEMENT EXECUTE FUNCTION replaced()"
        )
        ran = database.run("--batch-size", "50", now=None, role=None)
        assert (ran.exit_code, ran.document["error"]["code"]) == (2, "mapping_changed")
        assert ran.document["refunds"]["sessions"] == 100


def test_an_installation_waits_for_the_batch_that_is_being_paid(paid: AppDatabase) -> None:
    with paid.connect() as batch:
        batch.execute("SELECT FROM sweeper.locks WHERE name = 'installation' FOR SHARE")
        reconfigure(paid, 'exclude = "false"')
        ran = paid.sweeper("install", now=None)
        assert (ran.exit_code, "another transaction holds a lock" in ran.stderr) == (1, True)
        batch.rollback()
    assert install(paid) == 0


def test_a_stranger_cannot_hold_up_a_run(paid: AppDatabase) -> None:
    """Advisory locks are anybody's: whoever takes all of them keeps no run waiting."""
    with paid.connect() as stranger:
        stranger.execute("SELECT pg_advisory_lock(n) FROM generate_series(-100, 100) AS n")
        add_job(paid, 21, account="u", cost=1)
        assert paid.value("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == 201
        assert sweep(paid) == 1


# --- before an installation


def test_a_dry_run_works_before_anything_is_installed(server: Server, tmp_path: Path) -> None:
    with server.blank(tmp_path, JOBS.format(id_type="uuid", account_type="int", cost_type="int")) as database:
        database.config.write_text(FILE.format(sessions=TRIES))
        database.sql("INSERT INTO users VALUES (1, 0)")
        database.sql("INSERT INTO jobs (id, user_id, status, cost) VALUES (gen_random_uuid(), 1, 'error', 7)")
        planned = database.run("--dry-run", now=None, role=None)
        assert planned.exit_code == 0, planned.stderr
        assert planned.document["refunds"] == {"sessions": 1, "credits": 7, "accounts": 1}
        assert database.value("SELECT count(*) FROM pg_namespace WHERE nspname = 'sweeper'") == 0
        assert install(database) == 0
        assert sweep(database) == 7


def test_a_dry_run_shows_a_changed_file_before_it_is_installed(paid: AppDatabase) -> None:
    add_job(paid, 21, account="u", cost=10)
    paid.configure('amount = "cost"', 'amount = "cost / 10"')
    assert paid.run("--dry-run", now=None, role=None).document["refunds"]["credits"] == "1.00000000000000000000"
    assert "not the one that is installed" in refused(paid, "run")


def test_the_clock_of_the_floor_is_that_of_the_run(server: Server, tmp_path: Path) -> None:
    """Where nothing is installed and the file names no floor, a dry run begins where an installation would."""
    with server.blank(tmp_path, JOBS.format(id_type="int", account_type="int", cost_type="int")) as database:
        database.config.write_text(FILE.format(sessions="").replace("since = 2020-01-01T00:00:00Z\n", ""))
        database.sql("INSERT INTO users VALUES (1, 0)")
        add_job(database, 1, account="1", cost=7)
        now = datetime.now(UTC)
        planned = database.run("--dry-run", now=now, role=None)
        assert planned.document["refunds"]["sessions"] == 0
        assert planned.document["before_floor"] == {"sessions": 1, "credits": 7}
        assert (
            database.run("--dry-run", now=now - timedelta(hours=4), role=None).document["before_floor"]["sessions"] == 0
        )


# --- what comes while an installation is at work, and what columns become


def by_public_id(database: AppDatabase) -> None:
    database.config.write_text(database.config.read_text().replace('id = "id"', 'id = "public_id"', 1))


@pytest.mark.parametrize("refunds", [20, 0], ids=["translated", "empty until then"])
def test_what_runs_while_an_installation_waits_is_not_paid_again(server: Server, tmp_path: Path, refunds: int) -> None:
    """The refunds get the new key together with the mapping, and a ledger that was empty is looked at again."""
    for database in jobs(server, tmp_path):
        database.sql("INSERT INTO users VALUES ('u', 0)")
        add_jobs(database, 20)
        if refunds:
            sweep(database)
        before = database.config.read_text()
        by_public_id(database)
        after = database.config.read_text()
        printed = database.sweeper("install", "--rekey", "--print", now=None).stdout
        tables, marker, last = printed.partition("-- 3. refund()")
        database.sql(tables.partition("-- 2. The indexes")[0])
        # a run by the file before, as cron would start it meanwhile
        database.config.write_text(before)
        assert sweep(database) == 20 - refunds
        database.config.write_text(after)
        script = (marker + last).partition("-- 4.")[0].partition("-- 5.")[0]
        if refunds:
            database.sql(script)
            assert database.sql("SELECT min(session_id), max(session_id) FROM sweeper.refunds") == [(1000, 1019)]
            assert sweep(database) == 0
        with pytest.raises(psycopg.errors.RaiseException, match="plan it again"):
            database.sql(script)
        database.sql("ROLLBACK")
        assert database.value("SELECT credits FROM users") == 20


def test_an_id_column_that_is_gone_or_another_one_ends_in_no_second_payment(paid: AppDatabase) -> None:
    paid.sql("ALTER TABLE jobs DROP id; ALTER TABLE jobs ADD id int; UPDATE jobs SET id = public_id - 500")
    paid.sql("ALTER TABLE jobs ALTER id SET NOT NULL, ADD UNIQUE (id)")
    assert "another column than the one of that name" in refused(paid, "run")
    for flags in ((), ("--rekey",)):
        assert "is gone" in refused(paid, "install", *flags)
    paid.config.write_text('[database]\nschema = "aside"\n' + paid.config.read_text())
    assert "schema sweeper has the refunds" in refused(paid, "install")


def test_an_id_column_that_is_renamed_is_the_same(paid: AppDatabase) -> None:
    paid.sql("ALTER TABLE jobs RENAME id TO number")
    paid.configure('id = "id"', 'id = "number"')
    assert install(paid) == 0
    assert sweep(paid) == 0


@pytest.mark.parametrize(
    ("attempt", "migration"),
    [
        ("charged_at::timestamptz", "SELECT"),
        ("tries::text", "ALTER TABLE jobs ALTER tries TYPE numeric(12, 2)"),
        ("charged_at", "ALTER TABLE jobs ALTER charged_at TYPE timestamp(0)"),
    ],
    ids=["zone", "text of a column", "digits"],
)
def test_what_an_attempt_reads_may_change_and_nothing_is_paid_again(
    server: Server, tmp_path: Path, attempt: str, migration: str
) -> None:
    more = "ALTER TABLE jobs ADD charged_at timestamp DEFAULT '2026-01-01 12:00:00.25';"
    for database in jobs(server, tmp_path, sessions=f'attempt = "{attempt}"', more=more):
        database.sql("INSERT INTO users VALUES ('u', 0)")
        add_jobs(database, 5)
        assert sweep(database) == 5
        database.sql(migration)
        if migration == "SELECT":
            database.configure("[accounts]", 'timezone = "Europe/Berlin"\n[accounts]')
        assert "sessions" in refused(database, "run")
        assert install(database, "--rekey") == 0
        assert sweep(database) == 0


def test_an_enum_that_an_attempt_reads_can_be_dropped_by_the_app(server: Server, tmp_path: Path) -> None:
    kind = "CREATE TYPE kind AS ENUM ('first', 'second'); ALTER TABLE jobs ADD kind kind DEFAULT 'first';"
    for database in jobs(server, tmp_path, sessions='attempt = "kind"', more=kind):
        database.sql("INSERT INTO users VALUES ('u', 0)")
        add_job(database, 1)
        assert sweep(database) == 1
        database.sql(
            "CREATE TYPE kind_new AS ENUM ('first'); ALTER TABLE jobs ALTER kind DROP DEFAULT, "
            "ALTER kind TYPE kind_new USING (kind::text::kind_new); DROP TYPE kind; ALTER TYPE kind_new RENAME TO kind"
        )
        assert "has no value 'second' any more" in refused(database, "run")
        assert install(database, "--rekey") == 0
        assert sweep(database) == 0


def test_the_refund_function_of_another_type_goes_with_its_rights(paid: AppDatabase) -> None:
    paid.sql("GRANT EXECUTE ON FUNCTION sweeper.refund(int, text, text, text) TO sweeper_layer")
    paid.sql("ALTER TABLE jobs ALTER id TYPE bigint")
    assert install(paid, "--rekey") == 0
    assert paid.value("SELECT count(*) FROM pg_proc WHERE proname = 'refund'") == 1
    granted = "SELECT has_function_privilege('sweeper_layer', 'sweeper.refund(bigint, text, text, text)', 'EXECUTE')"
    assert paid.value(granted)


def test_a_refund_function_of_a_mapping_before_pays_nothing(paid: AppDatabase) -> None:
    """A call that waited for an installation goes on with the body that it began with."""
    add_job(paid, 21)
    paid.sql("UPDATE sweeper.locks SET fingerprint = 'another' WHERE name = 'installation'")
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="another mapping"):
        paid.sql("SELECT sweeper.refund(21, 'x')")


def test_rows_of_locks_that_are_gone_are_put_back(paid: AppDatabase) -> None:
    add_job(paid, 21)
    paid.sql("DELETE FROM sweeper.locks WHERE name <> 'installer'")
    refused(paid, "run")
    assert install(paid) == 0
    assert sweep(paid) == 1


def test_each_session_has_a_hold_of_its_own(server: Server, tmp_path: Path) -> None:
    for database in jobs(server, tmp_path, sessions=ATTEMPT, id_type="text"):
        database.sql("INSERT INTO users VALUES ('u', 0)")
        database.sql(
            "INSERT INTO jobs (id, user_id, status, cost, charge_id) "
            "VALUES ('a', 'u', 'error', -1, 'b c'), ('a b', 'u', 'error', -1, 'c')"
        )
        assert database.run(now=None, role=None).document["held"] == 2
        assert database.value("SELECT count(*) FROM sweeper.holds") == 2


def test_accounts_with_other_ids_are_those_of_the_sessions(paid: AppDatabase) -> None:
    paid.sql("ALTER TABLE users ADD number bigint UNIQUE GENERATED ALWAYS AS IDENTITY (START 7)")
    paid.sql("ALTER TABLE jobs ADD user_number bigint; UPDATE jobs SET user_number = 7")
    paid.configure('account = "user_id"', 'account = "user_number"')
    paid.configure('table = "users"\nid = "id"', 'table = "users"\nid = "number"')
    assert install(paid) == 0
    assert sweep(paid) == 0
    assert paid.sql("SELECT DISTINCT account_id FROM sweeper.refunds") == [(7,)]


def test_a_ledger_that_has_lost_a_column_is_not_called_a_strangers(paid: AppDatabase) -> None:
    paid.sql("ALTER TABLE sweeper.refunds DROP attempt CASCADE")
    said = refused(paid, "install")
    assert "have lost refunds.attempt" in said
    paid.config.write_text('[database]\nschema = "aside"\n' + paid.config.read_text())
    assert "schema sweeper has refunds of 20 sessions" in refused(paid, "install")


# --- another table under the name of the one before


ROTATE = "ALTER TABLE jobs RENAME TO jobs_old; CREATE TABLE jobs (LIKE jobs_old INCLUDING ALL)"
MADE_ANEW = {
    "renamed": ROTATE,
    "dropped": "CREATE TABLE fresh (LIKE jobs INCLUDING ALL); DROP TABLE jobs; ALTER TABLE fresh RENAME TO jobs",
}
SWAP = "CREATE TABLE copied (LIKE jobs INCLUDING ALL EXCLUDING IDENTITY); INSERT INTO copied SELECT * FROM jobs; "
SWAPPED = {
    "kept": f"{SWAP} ALTER TABLE jobs RENAME TO _jobs_del; ALTER TABLE copied RENAME TO jobs",
    "dropped": f"{SWAP} DROP TABLE jobs; ALTER TABLE copied RENAME TO jobs",
}


def begin_anew(database: AppDatabase, how: str, *, account: str = "u") -> None:
    """Another table under the name of the first, with ids from 1 and sessions that start from now on."""
    database.sql(MADE_ANEW[how])
    database.sql(
        "INSERT INTO jobs (id, user_id, status, cost, started_at) "
        "SELECT n, %s, 'error', 1, now() + interval '5 minutes' FROM generate_series(1, 5) AS n",
        account,
    )


@pytest.mark.parametrize("account", ["u", "v"])
@pytest.mark.parametrize("how", MADE_ANEW)
def test_refunds_of_a_rotated_table_do_not_pass_for_those_of_the_new_one(
    paid: AppDatabase, how: str, account: str
) -> None:
    begin_anew(paid, how, account=account)
    paid.sql("INSERT INTO users VALUES ('v', 0)")
    if account == "v":  # the account alone tells
        paid.sql("UPDATE jobs SET started_at = now() - interval '3 hours'")
    for command in (("run",), ("run", "--dry-run"), ("install",)):
        said = refused(paid, *command)
        assert "is another table than before" in said
        assert "another schema" in said
    item = paid.sweeper("check", "--json", now=None).document["checks"]
    assert [one["name"] for one in item if one["status"] == "failure" and "another table" in one["message"]]
    assert "which have another account or were started after" in refused(paid, "install", "--rekey")
    paid.config.write_text('[database]\nschema = "aside"\n' + paid.config.read_text())
    assert install(paid) == 0
    assert sweep(paid, now=datetime.now(UTC) + timedelta(hours=1)) == 5
    if how == "renamed":
        paid.config.write_text(FILE.format(sessions="").replace('"jobs"', '"jobs_old"'))
        assert install(paid) == 0
        assert sweep(paid) == 0


def test_a_rotated_table_is_noticed_while_the_new_one_is_empty_and_before_any_refund(
    server: Server, tmp_path: Path
) -> None:
    for database in jobs(server, tmp_path):
        database.sql("INSERT INTO users VALUES ('u', 0)")
        database.sql(ROTATE)
        assert "jobs_old now" in refused(database, "run")
        assert install(database) == 0
        add_job(database, 1)
        assert sweep(database) == 1
        database.sql("DROP TABLE jobs; ALTER TABLE jobs_old RENAME TO jobs")
        for command in (("run",), ("install",), ("install", "--rekey")):
            assert "none of the 1 newest refunds" in refused(database, *command)


@pytest.mark.parametrize("how", SWAPPED)
def test_a_copy_that_was_put_in_the_tables_place_goes_on(paid: AppDatabase, how: str) -> None:
    paid.sql(SWAPPED[how])
    if how == "kept":
        assert "_jobs_del now" in refused(paid, "run")
        assert "--rekey" in refused(paid, "install")
        assert install(paid, "--rekey") == 0
    paid.sql("INSERT INTO jobs (id, public_id, user_id, status, cost) VALUES (21, 21, 'u', 'error', 1)")
    assert sweep(paid) == 1
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


# --- a session that was charged again is not taken for refunded under another key


@pytest.mark.parametrize(
    ("before", "after", "charged"),
    [
        (TRIES, ATTEMPT, "tries = 2, charge_id = 'again'"),
        (TRIES, 'attempt = "tries::text"', "tries = 2"),
        (TRIES, ATTEMPT, "tries = 2, charge_id = 'again', status = 'running', started_at = now()"),
        (TRIES, ATTEMPT, "charge_id = 'again', started_at = now() + interval '1 minute'"),
        (TRIES, "", "tries = 2"),
        ("", ATTEMPT, "charge_id = 'again', started_at = now() + interval '1 minute'"),
        ("", ATTEMPT, "charge_id = 'again', status = 'running'"),
    ],
)
def test_a_session_that_was_charged_again_keeps_the_key_from_being_changed(
    server: Server, tmp_path: Path, before: str, after: str, charged: str
) -> None:
    for database in jobs(server, tmp_path, sessions=before):
        database.sql("INSERT INTO users VALUES ('u', 0)")
        add_jobs(database, 5)
        assert sweep(database) == 5
        database.sql(f"UPDATE jobs SET {charged} WHERE id = 3")
        reconfigure(database, after)
        said = refused(database, "install", "--rekey")
        assert "1 sessions look charged again since their refund (3)" in said
        assert ("sweeper run" if before else "sessions.exclude") in said
        assert database.value("SELECT count(*) FROM sweeper.refunds WHERE session_id = 3") == 1
        reconfigure(database, f'{after}\nexclude = "id = 3"')
        assert install(database, "--rekey") == 0
        assert sweep(database) == 0


def test_an_edit_of_a_row_is_no_new_charge_where_the_old_key_tells(server: Server, tmp_path: Path) -> None:
    """As when a migration fills in the column that the new key reads."""
    edited = 'active_at = "updated_at"\n'
    more = "ALTER TABLE jobs ADD updated_at timestamptz DEFAULT now() - interval '2 hours';"
    for database in jobs(server, tmp_path, sessions=edited + TRIES, more=more):
        database.sql("INSERT INTO users VALUES ('u', 0)")
        add_jobs(database, 5)
        assert sweep(database) == 5
        database.sql("UPDATE jobs SET charge_id = 'x' || id, updated_at = now() + interval '10 minutes'")
        reconfigure(database, edited + ATTEMPT)
        assert install(database, "--rekey") == 0
        assert sweep(database) == 0


def test_a_session_that_was_refunded_for_several_charges_is_translated_where_the_old_key_tells(
    server: Server, tmp_path: Path
) -> None:
    for database in jobs(server, tmp_path, sessions=TRIES):
        database.sql("INSERT INTO users VALUES ('u', 0)")
        add_jobs(database, 5)
        assert sweep(database) == 5
        database.sql("UPDATE jobs SET tries = 2, charge_id = 'again' WHERE id = 3")
        assert sweep(database) == 1  # as `install --rekey` asks for
        reconfigure(database, ATTEMPT)
        assert install(database, "--rekey") == 0
        keys = database.sql("SELECT attempt FROM sweeper.refunds WHERE session_id = 3 ORDER BY created_at")
        assert keys == [("1 (before)",), ("again",)]
        assert sweep(database) == 0
        database.sql("UPDATE jobs SET charge_id = '1' WHERE id = 3")
        assert [sweep(database), sweep(database)] == [1, 0]
