"""Sessions and accounts of the first app, in numbers and of every kind."""

from tests.helpers.app_database import AppDatabase


def fill(app: AppDatabase, *, accounts: int, sessions: int) -> None:
    """Accounts with 1000 credits; sessions that failed and others that have been generating for hours."""
    app.sql("INSERT INTO users SELECT 'u' || n, 1000, 2000, 1000 FROM generate_series(0, %s) AS n", accounts - 1)
    app.sql(
        "INSERT INTO prediction_sessions (id, user_id, status, selected_models, created_at) "
        "SELECT 's' || n, 'u' || n %% %s, (ARRAY['generating', 'error'])[n %% 2 + 1]::session_status, "
        "ARRAY['a', 'b', 'c'], (now() AT TIME ZONE 'UTC') - interval '1 day' + n * interval '1 second' "
        "FROM generate_series(0, %s) AS n",
        accounts,
        sessions - 1,
    )


def owe(database: AppDatabase, count: int) -> None:
    """One account, and so many failed sessions of two credits each."""
    database.account()
    database.sql(
        "INSERT INTO prediction_sessions (id, user_id, status, selected_models, created_at) "
        "SELECT 's' || n, 'u1', 'error', '{m1,m2}', '2021-01-01' FROM generate_series(1, %s) AS n",
        count,
    )


def a_bit_of_everything(database: AppDatabase) -> None:
    """Sessions of every kind, those that are held or refused among them."""
    database.sql("ALTER TABLE prediction_sessions ADD price int DEFAULT 1, ADD divisor int DEFAULT 1")
    database.configure('"cardinality(selected_models)"', '"cardinality(selected_models) * price / divisor"')
    assert database.sweeper("install").exit_code == 0
    database.account("u1")
    database.account("u2")
    for number in range(4):
        database.session(f"f{number}", models=number + 1, error=("Failed to queue x" if number % 2 else None))
    database.session("g1", "generating", account="u2", created="2026-11-21 10:00")
    database.session("g2", "generating", account="u2", created="2026-11-23 11:30")
    database.session("h1", account=None)
    database.session("h2", account="gone")
    database.session("h3", models=9)
    database.session("h4")
    database.session("h5", created=None)
    database.session("n1", step="All models failed - credits refunded")
    database.session("n2", "finished")
    database.session("o1", created="2019-06-01", models=8)
    database.sql("UPDATE prediction_sessions SET divisor = 0 WHERE id = 'h4'")
