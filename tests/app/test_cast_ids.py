"""Ids that are compared in another type than their own: none passes for another that the cast makes of it."""

import psycopg
import pytest
from _pytest.mark import ParameterSet

from tests.helpers.any_app import App, with_ledger


def variant(*values: str) -> ParameterSet:
    return pytest.param(*values, marks=pytest.mark.slow)


@pytest.mark.parametrize("kind", ["numeric", variant("double precision"), variant("real")])
def test_an_account_id_with_a_fraction_belongs_to_no_account(app: App, kind: str) -> None:
    """And not to the account with the next number."""
    app.sql(f"ALTER TABLE jobs ALTER owner TYPE {kind} USING 2")
    app.sql("ALTER TABLE wallets ALTER id TYPE int USING 2")
    app.sql("INSERT INTO jobs VALUES ('k', 1.6, 'failed', 3, 'no', '{}', '2026-11-23 10:00Z')")
    assert app.install().exit_code == 0
    planned, ran = app.database.run("--dry-run"), app.database.run()
    for one in (planned, ran):
        assert (one.document["refunds"]["sessions"], one.document["held"]) == (1, 1)
    assert app.sql("SELECT session_id, why FROM sweeper.holds") == [("k", "no_account")]
    assert app.refunds() == [("j", 2, 3)]
    assert app.balance() == 103
    assert app.sql("SELECT sweeper.refund('k', 'x')") == [(0,)]


@pytest.mark.parametrize(("kind", "exact"), [("double precision", 2**53), ("real", 2**24)])
def test_an_account_id_that_several_numbers_share_belongs_to_no_account(app: App, kind: str, exact: int) -> None:
    """The column rounded the next id to this one as the app wrote it."""
    app.sql(f"ALTER TABLE jobs ALTER owner TYPE {kind} USING {exact - 1}")
    app.sql(f"ALTER TABLE wallets ALTER id TYPE bigint USING {exact - 1}")
    app.sql(f"INSERT INTO wallets VALUES ({exact}, 100), ({exact + 1}, 100)")
    app.sql("INSERT INTO jobs VALUES ('k', %s, 'failed', 3, 'no', '{}', '2026-11-23 10:00Z')", exact + 1)
    assert app.install().exit_code == 0
    planned, ran = app.database.run("--dry-run"), app.database.run()
    for one in (planned, ran):
        assert (one.document["refunds"]["sessions"], one.document["held"]) == (1, 1)
    assert app.sql("SELECT session_id, why FROM sweeper.holds") == [("k", "no_account")]


@pytest.mark.parametrize(
    ("of_session", "of_account"),
    [
        ("text", "name"),
        ("bigint", "real"),
        variant("text", '"char"'),
        variant("bigint", "double precision"),
        variant("double precision", "numeric"),
        variant("timestamptz", "date"),
    ],
)
def test_an_account_that_the_other_type_does_not_keep_is_refused(app: App, of_session: str, of_account: str) -> None:
    app.sql(f"ALTER TABLE jobs ALTER owner TYPE {of_session} USING NULL")
    app.sql(f"DELETE FROM wallets; ALTER TABLE wallets ALTER id TYPE {of_account} USING NULL")
    app.refused("sessions.account = 'owner'", "does not keep every such value")


@pytest.mark.parametrize(
    ("of_session", "of_account", "value"),
    [
        ("int", "numeric(9, 0)", "7"),
        variant("char(3)", "text", "'abc'"),
        variant("text", "bigint", "'7'"),
        variant("bigint", "int", "7"),
    ],
)
def test_an_account_that_the_other_type_keeps_is_paid(app: App, of_session: str, of_account: str, value: str) -> None:
    app.sql(f"ALTER TABLE jobs ALTER owner TYPE {of_session} USING {value}")
    app.sql(f"ALTER TABLE wallets ALTER id TYPE {of_account} USING {value}")
    assert app.sweep()["sessions"] == 1
    assert app.balance() == 103


def test_a_link_that_does_not_keep_every_session_is_refused(app: App) -> None:
    with_ledger(app)
    app.sql("ALTER TABLE jobs ALTER id TYPE bigint USING 1; ALTER TABLE entries ALTER job TYPE real USING NULL")
    app.refused("ledger.session = 'job'", "does not keep every such value")


def test_a_link_that_takes_two_sessions_for_one_is_refused(app: App) -> None:
    """The build of Postgres that the tests use has no citext: the name and the casts of it are enough here."""
    with_ledger(app)
    app.sql(
        "CREATE TYPE citext; "
        "CREATE FUNCTION citextin(cstring) RETURNS citext LANGUAGE internal IMMUTABLE STRICT AS 'textin'; "
        "CREATE FUNCTION citextout(citext) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout'; "
        "CREATE TYPE citext (INPUT = citextin, OUTPUT = citextout, LIKE = text, CATEGORY = 'S', COLLATABLE = true); "
        "CREATE CAST (citext AS text) WITHOUT FUNCTION AS IMPLICIT; "
        "CREATE CAST (text AS citext) WITHOUT FUNCTION AS ASSIGNMENT"
    )
    app.sql("ALTER TABLE entries ALTER job TYPE citext")
    app.refused("ledger.session = 'job'", "treats values as equal that the sessions distinguish")
    app.map("ledger", session="job::text")
    assert app.sweep()["sessions"] == 1


@pytest.mark.every_version
def test_a_link_by_a_collation_that_ignores_letter_case_is_refused(app: App) -> None:
    with_ledger(app)
    try:
        app.sql("CREATE COLLATION any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false)")
    except psycopg.errors.FeatureNotSupported as missing:
        pytest.skip(f"this build of Postgres has none: {missing}")
    app.sql("ALTER TABLE entries ALTER job TYPE text COLLATE any_case")
    app.refused("ledger.session = 'job'", "treats values as equal that the sessions distinguish")
    app.sql("ALTER TABLE jobs ALTER id TYPE text COLLATE any_case")
    assert app.sweep()["sessions"] == 1


def test_an_attempt_that_the_ledger_would_round_is_refused(app: App) -> None:
    with_ledger(app, attempt="charge")
    app.map("ledger.insert", charge="attempt")
    app.sql("ALTER TABLE jobs ADD try numeric DEFAULT 1; ALTER TABLE entries ALTER charge TYPE int USING NULL")
    app.map(attempt="try")
    app.refused("ledger.attempt = 'charge'", "does not keep every such value")
