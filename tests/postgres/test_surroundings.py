"""Whatever the database's own settings: zones, isolation, formats, policies and clocks change no refund."""

from datetime import datetime, timedelta

import pytest

from sweeper.core.errors import ConfigurationError
from sweeper.postgres.connection import from_url
from sweeper.postgres.database import Database
from sweeper.postgres.timeouts import Timeouts
from tests.helpers.app_database import AppDatabase
from tests.helpers.command import NOW
from tests.helpers.roles import role

ODD = (
    "TimeZone = 'America/New_York'",
    "default_transaction_isolation = 'serializable'",
    "DateStyle = 'SQL, DMY'",
    "IntervalStyle = 'sql_standard'",
    "bytea_output = 'escape'",
    "extra_float_digits = '-15'",
    "standard_conforming_strings = 'off'",
    "backslash_quote = 'off'",
    "row_security = 'on'",
    "enable_seqscan = 'off'",
    "quote_all_identifiers = 'on'",
)


def alter(database: AppDatabase, setting: str) -> None:
    database.sql(f'ALTER DATABASE "{database.value("SELECT current_database()")}" SET {setting}')


@pytest.mark.every_version
def test_settings_of_the_database_change_nothing(first: AppDatabase) -> None:
    """Zone, isolation, date style, string syntax and planner switches of the server are not the sweep's."""
    first.account()
    first.session("at-the-limit", created="2026-11-23 11:45:00")
    first.session("in-grace", created="2026-11-23 11:45:00.000001")
    first.session("stuck", "generating", created="2026-11-23 11:00:00")
    first.session("alive", "generating", created="2026-11-23 11:00:00.000001")
    first.session("twelfth-of-the-second", created="2026-02-12 00:00", error="Worker failed after 3 attempts: \\")
    for setting in ODD:
        alter(first, setting)
    planned, ran = first.run("--dry-run", "--batch-size", "1"), first.run("--batch-size", "1")
    assert ran.exit_code == 0, ran.stderr
    assert planned.document["refunds"] == ran.document["refunds"]
    assert sorted(first.refunds()) == ["at-the-limit", "stuck", "twelfth-of-the-second"]
    with first.connect() as connection:
        updated = connection.execute("SELECT updated_at FROM users").fetchone()
    assert updated == (NOW.replace(tzinfo=None),)


def test_a_zone_that_the_server_does_not_know_is_a_fault_of_the_file(first: AppDatabase) -> None:
    """Its list may be older than that of this machine."""
    database = Database(from_url(first.url, "DATABASE_URL"), application_name="test")
    transaction = database.transaction(timeouts=Timeouts(), timezone="Mars/Base")
    with pytest.raises(ConfigurationError, match="timezone = 'Mars/Base'"), transaction:
        pass
    database.close()


def test_what_is_missing_in_an_array_is_not_the_text_null(first: AppDatabase) -> None:
    """For a status that is never stuck, which has no moment, and the sessions that have no account."""
    first.configure("[policy]", '[policy]\nstuck_after = { queued = "never" }')
    assert first.sweeper("install").exit_code == 0
    alter(first, "array_nulls = 'off'")
    first.account()
    first.session("s1")
    first.session("nobodys", account=None)
    ran = first.run()
    assert (ran.exit_code, first.refunds()) == (3, {"s1": 3}), ran.stderr
    adopted = first.sweeper("adopt", "--session", "nobodys", "--amount", "0", "--reason", "waived", "--yes")
    assert adopted.exit_code == 0
    assert first.sql("SELECT account_id FROM sweeper.refunds WHERE session_id = 'nobodys'") == [(None,)]


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_ids_in_any_script_are_paid_whatever_encoding_the_client_has(first: AppDatabase, encoding: str) -> None:
    """By the database or by PGCLIENTENCODING: what does not fit into it would fail the run."""
    first.account()
    first.session("crème-😀")
    alter(first, f"client_encoding = '{encoding}'")
    assert first.sweeper("run", PGCLIENTENCODING=encoding).exit_code == 0
    assert first.refunds() == {"crème-😀": 3}


def test_a_backslash_in_the_mapping_means_the_same_everywhere(first: AppDatabase) -> None:
    """Old apps switch standard_conforming_strings off, and then backslash-D is the letter D."""
    first.configure('"cardinality(selected_models)"', r"""'''length(regexp_replace(error, '\D', '', 'g'))'''""")
    assert first.sweeper("install", now=None).exit_code == 0
    first.account()
    first.session("swept", error="code DD 12")
    first.session("by-a-layer", error="code DD 12")
    alter(first, "standard_conforming_strings = 'off'")
    assert first.run("--session", "swept").exit_code == 0
    with first.connect() as layer:
        layer.execute("SELECT sweeper.refund('by-a-layer', 'x')")
    assert first.refunds() == {"swept": 2, "by-a-layer": 2}


def test_a_floating_balance_is_compared_to_its_last_digit(first: AppDatabase) -> None:
    """extra_float_digits below zero prints fewer, and every refund would seem not to have arrived."""
    first.sql("ALTER TABLE users ALTER credits TYPE float8")
    assert first.sweeper("install", now=None).exit_code == 0
    first.account(credits=12345678)
    first.session("s1")
    alter(first, "extra_float_digits = '-15'")
    assert first.run().exit_code == 0
    assert first.refunds() == {"s1": 3}


@pytest.mark.every_version
def test_a_bound_on_whole_transactions_does_not_cut_a_run_off(first: AppDatabase) -> None:
    """transaction_timeout, new in Postgres 17: each statement has its own bound already."""
    if first.connection.info.server_version < 170000:
        pytest.skip("this server does not have it")
    first.account()
    first.session("s1")
    alter(first, "transaction_timeout = '1s'")
    first.sql(
        "CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "PERFORM pg_sleep(1.2); RETURN new; END $$; "
        "CREATE TRIGGER linger BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION linger()"
    )
    assert first.run().exit_code == 0
    assert first.refunds() == {"s1": 3}


@pytest.mark.every_version
@pytest.mark.parametrize("isolation", ["repeatable read", "serializable"])
def test_a_run_pays_under_read_committed_whatever_the_default(first: AppDatabase, isolation: str) -> None:
    """A default that keeps one snapshot for the transaction would blind the second look."""
    alter(first, f"default_transaction_isolation = '{isolation}'")
    first.sql(
        "CREATE FUNCTION require() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF current_setting('transaction_isolation') <> 'read committed' THEN RAISE 'blind'; END IF; RETURN new; "
        "END $$; CREATE TRIGGER require BEFORE INSERT ON sweeper.refunds FOR EACH ROW EXECUTE FUNCTION require()"
    )
    first.account()
    first.session("s1")
    assert first.run().exit_code == 0
    assert first.refunds() == {"s1": 3}


def test_timestamps_are_read_in_the_zone_of_the_mapping(first: AppDatabase) -> None:
    """Columns without a zone hold Berlin's wall clock: an hour ahead of UTC in winter, two in summer."""
    first.configure("[sessions]", '[sessions]\ntimezone = "Europe/Berlin"')
    first.configure("2020-01-01T00:00:00Z", "2026-06-30T22:00:00Z")
    alter(first, "TimeZone = 'America/New_York'")
    assert first.sweeper("install").exit_code == 0
    first.account()
    first.session("grace-over", created="2026-11-23 12:45")
    first.session("in-grace", created="2026-11-23 12:45:00.000001")
    first.session("floor", created="2026-07-01 00:00")
    first.session("below-floor", created="2026-06-30 23:59:59.999999")
    planned, ran = first.run("--dry-run"), first.run("--batch-size", "1")
    assert planned.document["refunds"] == ran.document["refunds"]
    assert sorted(first.refunds()) == ["floor", "grace-over"]
    assert ran.document["before_floor"]["sessions"] == 1
    assert first.value("SELECT updated_at FROM users") == datetime(2026, 11, 23, 13, 0)  # noqa: DTZ001


def test_the_hour_that_comes_twice_loses_no_session(first: AppDatabase) -> None:
    """When clocks go back, wall-clock times repeat: page borders within that hour repeat and lose nothing."""
    first.configure("[sessions]", '[sessions]\ntimezone = "Europe/Berlin"')
    assert first.sweeper("install").exit_code == 0
    first.account()
    for minute in range(0, 180, 20):
        first.session(f"s{minute:03}", created=f"2026-10-25 {1 + minute // 60:02}:{minute % 60:02}")
    assert first.run("--batch-size", "2").document["refunds"] == {"sessions": 9, "credits": 27, "accounts": 1}
    assert first.credits() == 127


@pytest.mark.every_version
@pytest.mark.parametrize("table", ["prediction_sessions", "users", "sweeper.refunds"])
def test_row_level_security_is_an_error_and_not_an_empty_sweep(first: AppDatabase, table: str) -> None:
    """A role that would see only some rows must not report a complete run."""
    first.account()
    first.session("s1")
    first.sql(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    grants = (
        "GRANT USAGE ON SCHEMA sweeper, public TO {}",
        "GRANT ALL ON ALL TABLES IN SCHEMA sweeper, public TO {}",
    )
    with role(first, *grants) as url:
        for flags in ((), ("--dry-run",)):
            ran = first.sweeper("run", "--json", *flags, SWEEPER_DATABASE_URL=url)
            assert (ran.exit_code, ran.document["outcome"]) == (1, "failed")
            assert "row-level security" in ran.document["error"]["message"]
            assert "no GRANT changes that: give this role BYPASSRLS" in ran.document["error"]["message"]
        first.sql("ALTER ROLE " + url.split("//")[1].split(":")[0] + " BYPASSRLS")
        assert first.sweeper("run", SWEEPER_DATABASE_URL=url).exit_code == 0
    assert first.refunds() == {"s1": 3}


def test_row_level_security_on_the_apps_ledger_is_an_error(prisma: AppDatabase) -> None:
    """A refund that the role cannot see would be paid again."""
    user = prisma.value('INSERT INTO app."User" ("creditBalance") VALUES (0) RETURNING "id"')
    prisma.sql(
        'INSERT INTO app."Job" ("userId", "status", "createdAt", "failedAt") '
        "VALUES (%s, 'FAILED', '2026-11-22', '2026-11-22')",
        user,
    )
    prisma.sql('ALTER TABLE app."CreditTransaction" ENABLE ROW LEVEL SECURITY')
    grants = (
        "GRANT USAGE ON SCHEMA sweeper, app TO {}",
        "GRANT ALL ON ALL TABLES IN SCHEMA sweeper, app TO {}",
    )
    with role(prisma, *grants) as url:
        for flags in ((), ("--dry-run",)):
            ran = prisma.sweeper("run", "--json", *flags, SWEEPER_DATABASE_URL=url)
            assert ran.exit_code == 1
            assert "row-level security" in ran.document["error"]["message"]


@pytest.mark.parametrize("direction", ["behind", "ahead of"])
def test_a_clock_that_is_off_stops_the_installation(bare: AppDatabase, direction: str) -> None:
    """The clock becomes the floor: a year behind, and the first run would pay for that year."""
    bare.configure('max_clock_skew = "100y"', 'max_clock_skew = "1m"')
    server = bare.value("SELECT clock_timestamp()")
    off = timedelta(minutes=2) if direction == "behind" else timedelta(minutes=-2)
    ran = bare.sweeper("install", "--json", now=server - off)
    assert (ran.exit_code, ran.document["error"]["code"]) == (1, "clock_skew")
    assert direction in ran.document["error"]["message"]
    assert bare.value("SELECT count(*) FROM pg_namespace WHERE nspname = 'sweeper'") == 0
    # printed SQL takes the clock of the server that it is fed to
    assert bare.sweeper("install", "--print", now=server - off).exit_code == 0
    assert bare.sweeper("install", now=server - off / 4).exit_code == 0


@pytest.mark.parametrize("direction", ["behind", "ahead of"])
def test_a_clock_that_is_off_stops_the_run(first: AppDatabase, direction: str) -> None:
    """More than `max_clock_skew` between the two clocks: exit 1 with the difference, and nothing is paid."""
    first.configure('max_clock_skew = "100y"', 'max_clock_skew = "1m"')
    first.account()
    first.session("s1")
    server = first.value("SELECT clock_timestamp()")
    off = timedelta(minutes=2) if direction == "behind" else timedelta(minutes=-2)
    for flags in ((), ("--dry-run",)):
        ran = first.run(*flags, now=server - off)
        assert (ran.exit_code, ran.document["error"]["code"]) == (1, "clock_skew")
        message = ran.document["error"]["message"]
        amount = float(message.partition("clock is ")[2].partition(" s ")[0])
        assert 100 < amount < 140
        assert direction in message
    assert first.refunds() == {}
    assert first.run("--dry-run", now=server - off / 4).exit_code == 0


def test_a_timeout_of_the_database_is_no_crash(first: AppDatabase) -> None:
    """It holds until the first statement of a transaction has set another."""
    alter(first, "statement_timeout = '1ms'")
    for command in ("install", "check"):
        ran = first.sweeper(command)
        assert "internal error" not in ran.stderr
        assert ran.exit_code == 0 or "a statement_timeout of this role or database" in ran.stderr
