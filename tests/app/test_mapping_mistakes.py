"""Mistakes in the mapping: each is one clear message before any write."""

from typing import Any

import pytest

from tests.helpers.any_app import App, with_ledger
from tests.helpers.checks import check, items


@pytest.mark.parametrize(
    ("section", "key", "value", "near"),
    [
        ("sessions", "table", "job", "there is no such table; did you mean jobs?"),
        ("sessions", "table", "jobs.nope", "there is no such table"),
        ("sessions", "table", "a b c(", "there is no such table"),
        ("sessions", "id", "idd", "is not a column of jobs; did you mean id?"),
        ("sessions", "status", "stat", "is not a column of jobs; did you mean state?"),
        ("sessions", "status", "upper(stat)", "did you mean state?"),
        ("sessions", "amount", "prise", "is not a column of jobs; did you mean price?"),
        ("sessions", "amount", "prise + 1", 'column "prise" does not exist'),
        ("sessions", "amount", "s.prise + 1", "did you mean price?"),
        ("sessions", "amount", "error", "must be smallint or integer or bigint"),
        ("sessions", "amount", "price +", "syntax error"),
        ("sessions", "amount", "nonsense(price)", "function nonsense(integer) does not exist"),
        ("sessions", "amount", "(price, price)", "gives several columns"),
        ("sessions", "amount", "sum(price)", "aggregate functions are not allowed"),
        ("sessions", "amount", "generate_series(1, price)", "set-returning functions are not allowed"),
        ("sessions", "amount", "(SELECT price, price FROM jobs)", "subquery must return only one column"),
        ("sessions", "amount", "1; DROP TABLE jobs", "cannot be used"),
        ("sessions", "exclude", "price", "must be boolean, and is integer"),
        ("sessions", "started_at", "error", "must be timestamp without time zone or timestamp with"),
        ("sessions", "active_at", "price", "is a number, and must be a time"),
        ("sessions", "failed_at", "begn", "is not a column of jobs; did you mean began?"),
        ("sessions", "error", "eror", "is not a column of jobs; did you mean error?"),
        ("sessions", "attempt", "charge_id", "is not a column of jobs"),
        ("accounts", "table", "walets", "there is no such table; did you mean wallets?"),
        ("accounts", "id", "idd", "is not a column of wallets; did you mean id?"),
        ("accounts", "id", "balance", "is not unique in wallets"),
        ("accounts", "balance", "balanse", "is not a column of wallets; did you mean balance?"),
        ("accounts", "balance", "id", "must be smallint or integer or bigint"),
        ("accounts", "spent", "spend", "is not a column of wallets"),
        ("accounts", "updated_at", "balance", "must be timestamp without time zone or timestamp with"),
        ("accounts", "invariant", "balance", "must be true or false, and is numeric"),
        ("sessions", "close", {"stat": "1"}, "is not a column of jobs; did you mean state?"),
        ("sessions", "close", {"state": "'x'"}, "is set by the sweep itself, or is the key"),
        ("sessions", "close", {"error": "nope"}, 'column "nope" does not exist'),
    ],
)
def test_a_wrong_name_is_one_message_with_the_nearest_right_one(
    app: App, section: str, key: str, value: Any, near: str
) -> None:
    app.map(section, **{key: value})
    shown = next(iter(value)) if isinstance(value, dict) else value
    message = app.refused(f"{section}.{key}", str(shown), near)
    assert "\n" not in message


def test_a_table_with_capitals_and_without_quotes_is_explained(app: App) -> None:
    app.sql('ALTER TABLE jobs RENAME TO "Jobs"')
    app.map(table="Jobs")
    app.refused("sessions.table = 'Jobs': there is no such table", 'did you mean "Jobs"?')


def test_a_table_in_another_schema_is_offered_with_it(app: App) -> None:
    app.sql('CREATE SCHEMA "App"; ALTER TABLE jobs SET SCHEMA "App"')
    app.refused("sessions.table = 'jobs'", 'did you mean "App".jobs?')


def test_a_column_with_capitals_in_an_expression_is_offered_with_its_quotes(app: App) -> None:
    app.sql('ALTER TABLE jobs RENAME price TO "finalPrice"')
    app.map(amount="finalPrice * 2")
    app.refused("sessions.amount = 'finalPrice * 2'", 'did you mean "finalPrice"?')


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("ALTER TABLE jobs RENAME TO real; CREATE VIEW jobs AS SELECT * FROM real", "rows of a view"),
        ("CREATE TABLE more () INHERITS (jobs)", "has child tables"),
    ],
)
def test_a_table_whose_rows_cannot_be_kept_apart_is_refused(app: App, change: str, why: str) -> None:
    app.sql(change)
    app.refused("sessions.table = 'jobs'", why)


@pytest.mark.parametrize("table", ["jobs", "wallets"])
@pytest.mark.parametrize(
    "index",
    [
        None,
        "ALTER TABLE {table} ADD UNIQUE (id) DEFERRABLE",
        "CREATE UNIQUE INDEX ON {table} (id) WHERE id > ''",
        "CREATE UNIQUE INDEX ON {table} (id, {other})",
        "CREATE UNIQUE INDEX ON {table} (lower(id))",
        "CREATE INDEX ON {table} (id)",
        "CREATE UNIQUE INDEX CONCURRENTLY broken ON {table} (id)",
    ],
)
def test_an_id_that_may_repeat_is_refused(app: App, table: str, index: str | None) -> None:
    app.sql(f"ALTER TABLE {table} DROP CONSTRAINT {table}_pkey")
    if index:
        broken = "CONCURRENTLY" in index
        if broken:
            app.sql(f"INSERT INTO {table} (id) VALUES ('x'), ('x')")
        try:
            app.sql(index.format(table=table, other={"jobs": "owner", "wallets": "balance"}[table]))
        except Exception:
            assert broken
    app.refused(f"{ {'jobs': 'sessions', 'wallets': 'accounts'}[table] }.id = 'id': is not unique in {table}")


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("LIST (state)", 'as jobs is partitioned, one on ("id", "state") does for sessions.id'),
        ("LIST ((upper(state)))", 'as jobs is partitioned, one on ("id") of each partition does for sessions.id'),
    ],
)
def test_the_partition_that_lacks_the_key_is_named(app: App, by: str, expected: str) -> None:
    app.sql(
        f"ALTER TABLE jobs RENAME TO before; CREATE TABLE jobs (LIKE before) PARTITION BY {by}; "
        "CREATE TABLE with_key PARTITION OF jobs (PRIMARY KEY (id)) FOR VALUES IN ('failed', 'FAILED')"
    )
    app.sql("CREATE TABLE lacking PARTITION OF jobs DEFAULT")
    app.refused("sessions.id = 'id': is not unique in jobs", f"{expected}, which its partition lacking does not have")
    app.sql("ALTER TABLE lacking ADD PRIMARY KEY (id)")
    assert app.install().exit_code == 0


def test_accounts_that_are_partitioned_by_another_column_are_refused_with_the_reason(app: App) -> None:
    app.sql(
        "DROP TABLE wallets; CREATE TABLE wallets (id text, region text, balance numeric, PRIMARY KEY (id, region)) "
        "PARTITION BY LIST (region)"
    )
    message = app.refused("accounts.id = 'id': is not unique in wallets")
    assert 'partitioned by LIST (region), Postgres can keep "id" unique' in message
    assert "sessions.id" not in message


def test_an_id_that_is_unique_by_an_index_of_its_own_is_accepted(app: App) -> None:
    app.sql("ALTER TABLE jobs DROP CONSTRAINT jobs_pkey; CREATE UNIQUE INDEX ON jobs (id) INCLUDE (price)")
    assert app.sweep()["sessions"] == 1


def test_an_id_that_may_be_null_is_refused(app: App) -> None:
    app.sql("ALTER TABLE jobs DROP CONSTRAINT jobs_pkey; ALTER TABLE jobs ALTER id DROP NOT NULL, ADD UNIQUE (id)")
    app.refused("sessions.id = 'id': may be null")


def test_a_constraint_that_older_rows_may_break_does_not_count(app: App) -> None:
    if app.sql("SELECT current_setting('server_version_num')::int")[0][0] < 180000:
        pytest.skip("NOT NULL is always valid before version 18")
    app.sql("ALTER TABLE jobs DROP CONSTRAINT jobs_pkey; ALTER TABLE jobs ALTER id DROP NOT NULL, ADD UNIQUE (id)")
    app.sql("ALTER TABLE jobs ADD CONSTRAINT some_id NOT NULL id NOT VALID")
    app.refused("sessions.id = 'id': may be null", "VALIDATE")
    app.sql("ALTER TABLE jobs VALIDATE CONSTRAINT some_id")
    assert app.sweep()["sessions"] == 1


@pytest.mark.parametrize("key", ["failed", "running", "succeeded"])
def test_a_status_that_the_enum_does_not_have_is_named_with_the_nearest(app: App, key: str) -> None:
    app.sql("CREATE TYPE kind AS ENUM ('running', 'failed', 'done')")
    app.sql("ALTER TABLE jobs ALTER state TYPE kind USING state::kind")
    value = {"failed": "faild", "running": "runing", "succeeded": "Dome"}[key]
    near = {"failed": "failed", "running": "running", "succeeded": "done"}[key]
    app.map(**{key: [value]})
    app.refused(f"sessions.{key} = {value!r}: is not a value of the enum kind; did you mean {near!r}?")


def test_a_status_of_a_type_that_has_too_many_values_is_refused(app: App) -> None:
    app.map(status="meta")
    app.refused("sessions.status = 'meta': must be text, an enum, an integer or a boolean, and is jsonb")
    app.map(status="began + interval '1 day'")
    app.refused("must be text, an enum, an integer or a boolean, and is timestamp with time zone")


def test_an_account_that_cannot_be_an_accounts_id_is_refused(app: App) -> None:
    app.sql("ALTER TABLE wallets ALTER id TYPE uuid USING gen_random_uuid()")
    app.map(account="price")
    app.refused("sessions.account = 'price'", "cannot cast type integer to uuid")


def test_a_generated_column_cannot_be_written(app: App) -> None:
    app.sql("ALTER TABLE jobs ADD shout text GENERATED ALWAYS AS (upper(error)) STORED")
    app.map(close={"shout": "'x'"})
    app.refused("sessions.close = 'shout': is generated by the database")


def test_a_value_for_closing_that_does_not_fit_its_column_is_refused(app: App) -> None:
    app.map(close={"began": "'soon'::text"})
    app.refused("sessions.close", 'column "began" is of type timestamp with time zone')
    assert items(check(app.database))["mapping"]["status"] == "failure"


@pytest.mark.parametrize(
    ("section", "keys", "parts"),
    [
        ("ledger", {"table": "entrys"}, ["ledger.table = 'entrys'", "did you mean entries?"]),
        ("ledger", {"session": "jobb"}, ["ledger.session = 'jobb'", "did you mean job?"]),
        ("ledger", {"session": "charge"}, ["ledger.insert", "must set charge"]),
        ("ledger", {"where": "kind"}, ["ledger.where = 'kind': must be true or false, and is text"]),
        ("ledger", {"where": "knd = 'refund'"}, ["ledger.where", "did you mean kind?"]),
        ("ledger", {"guard": "amount"}, ["ledger.guard = 'amount': must be true or false"]),
        ("ledger", {"guard": "booked > now()"}, ["WHERE (booked > now())", "must be marked IMMUTABLE"]),
        ("ledger", {"guard": "l.kind = 'refund'"}, ["l.kind = 'refund'", 'FROM-clause entry for table "l"']),
        ("ledger", {"guard": "EXISTS (SELECT FROM jobs)"}, ["cannot use subquery in index predicate"]),
        ("ledger", {"session": "(SELECT 'j')"}, ["ledger.session", "cannot use subquery in index expression"]),
        ("ledger.insert", {"jobb": "1"}, ["ledger.insert = 'jobb'", "did you mean job?"]),
        ("ledger.insert", {"kind": None}, ["ledger.insert = 'kind'", "NOT NULL and without a default"]),
        ("ledger.insert", {"job": None}, ["ledger.insert", "must set job"]),
        ("ledger.insert", {"amount": "amonut"}, ["ledger.insert.amount = 'amonut'", "does not exist"]),
        ("ledger.insert", {"amount": "reason"}, ["ledger.insert", "is of type numeric but expression is of type text"]),
        ("ledger.insert", {"shout": "'x'"}, ["ledger.insert = 'shout'", "is generated"]),
        ("ledger.reverse", {"kind": "'x'", "jobb": "1"}, ["ledger.reverse = 'jobb'", "did you mean job?"]),
        ("ledger.reverse", {"job": "session_id"}, ["ledger.reverse = 'kind'", "NOT NULL and without a default"]),
        ("ledger.reverse", {"kind": "'x'", "amount": "reason"}, ["ledger.reverse", "is of type numeric"]),
    ],
)
def test_a_mistake_about_the_ledger_is_one_message(
    app: App, section: str, keys: dict[str, Any], parts: list[str]
) -> None:
    with_ledger(app)
    app.sql(
        "ALTER TABLE entries ADD info point, ADD booked timestamptz DEFAULT now(), "
        "ADD shout text GENERATED ALWAYS AS (upper(kind)) STORED"
    )
    app.map(section, **keys)
    app.refused(*parts)


def test_a_ledger_that_cannot_hold_the_sessions_id_is_refused(app: App) -> None:
    with_ledger(app)
    app.sql("ALTER TABLE jobs ALTER id TYPE int USING 1; ALTER TABLE entries ALTER job TYPE uuid USING NULL")
    app.refused("ledger.session = 'job'", "cannot cast type integer to uuid")


def test_a_column_of_prismas_that_has_no_default_must_be_given(app: App) -> None:
    with_ledger(app)
    app.sql('ALTER TABLE entries ADD "updatedAt" timestamp(3) NOT NULL')
    app.refused("ledger.insert = 'updatedAt': must have a value: NOT NULL and without a default")


def test_tables_of_the_app_in_the_schema_meant_for_sweeper_are_refused(app: App) -> None:
    app.sections["database"] = {"schema": "public"}
    app.refused("sessions.table = 'jobs': lies in public, the schema for sweeper's own tables", "database.schema")


def test_a_schema_with_a_table_of_ours_that_is_not_ours_is_refused(app: App) -> None:
    app.sql("CREATE SCHEMA sweeper; CREATE TABLE sweeper.settings (a int)")
    app.refused("database.schema = 'sweeper': it has tables that are not sweeper's (settings)")


@pytest.mark.parametrize("text", ["$sweeper_refund$x$sweeper_refund$", "'$sweeper_refund$'"])
def test_sql_that_would_end_the_body_of_a_function_is_refused(app: App, text: str) -> None:
    app.map(exclude=f"error = {text}")
    app.refused("has $sweeper_refund$ in it")
    app.map(exclude="error = $sweeper$x$sweeper$")
    assert app.install().exit_code == 0
