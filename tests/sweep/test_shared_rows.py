"""Rows that several sessions share, such as those of their order, where a refund of one of them settles all."""

import pytest

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase
from tests.helpers.triggers import spoil

pytestmark = pytest.mark.every_version

OF = "b.of = s.meta ->> 'order'"


@pytest.mark.parametrize(
    "exclude",
    [
        f"EXISTS (SELECT FROM books AS b WHERE {OF})",
        f"EXISTS (SELECT FROM books AS b WHERE {OF} AND b.job <> s.id)",
        f"EXISTS (SELECT FROM books AS b WHERE {OF} AND b.job < s.id || 'z')",
        f"EXISTS (SELECT FROM books AS b WHERE {OF} AND b.try = s.try)",
        f"EXISTS (SELECT FROM books AS b WHERE {OF} AND s.id = s.id)",
        f"EXISTS (SELECT FROM books AS b WHERE {OF} AND (b.job = s.id) IS NOT NULL)",
        f"EXISTS (SELECT FROM books AS b WHERE {OF} AND (b.job = s.id OR b.job <> s.id))",
        "EXISTS (SELECT FROM books AS b WHERE b.of = (substr(s.id, 2)::int / 3)::text)",
        "EXISTS (SELECT FROM books AS b WHERE b.of = (ascii(s.id::char(1)) - 106 + (s.meta ->> 'order')::int)::text)",
        "EXISTS (SELECT FROM books AS b WHERE coalesce(s.meta ->> 'order', s.id) = b.of)",
        "EXISTS (SELECT FROM books AS b WHERE b.of IN (s.id, s.meta ->> 'order'))",
        f"EXISTS (SELECT FROM books AS b WHERE b.job = s.id UNION ALL SELECT FROM books AS b WHERE {OF})",
        "(SELECT s.job IS NOT NULL FROM books AS s WHERE s.of = meta ->> 'order' LIMIT 1)",
        f"(SELECT (SELECT count(*) FROM books AS b WHERE {OF}) > 0 FROM parts AS p WHERE p.job = s.id)",
        "EXISTS (SELECT FROM (VALUES (1)) AS v (one), parts AS p, books AS b WHERE b.of = p.of AND p.job = s.id)",
        "EXISTS (SELECT FROM parts AS p, LATERAL (SELECT FROM books AS b WHERE b.of = p.of) AS l WHERE p.job = s.id)",
        "(SELECT bool_or(l.yes) FROM parts AS p CROSS JOIN LATERAL (SELECT true FROM books AS b WHERE b.of = p.of) "
        "AS l (yes) WHERE p.job = s.id)",
        "s.id IN (SELECT p.job FROM parts AS p JOIN books AS b ON b.of = p.of)",
        "s.meta ->> 'order' IN (SELECT of FROM books)",
        "of_order(s.meta ->> 'order')",
        """public . "ofOrder" ( s.meta ->> 'order')""",
        "s . order_in_books",
    ],
)
def test_rows_that_sessions_share_are_read_again(bare: AppDatabase, exclude: str) -> None:
    """The row that a refund writes settles all tries of an order, without any trigger."""
    app = App(bare)
    app.sql("DELETE FROM jobs; ALTER TABLE jobs ADD try int NOT NULL DEFAULT 1")
    app.sql("CREATE TABLE books (job text, try int, taken int, of text); GRANT SELECT ON books, jobs TO PUBLIC")
    app.sql(
        "INSERT INTO jobs SELECT 'j' || n, 'w', 'failed', 3, 'no', jsonb_build_object('order', n / 3), "
        "'2026-11-23 10:00Z' FROM generate_series(0, 8) AS n"
    )
    app.sql("CREATE TABLE parts AS SELECT id AS job, meta ->> 'order' AS of FROM jobs")
    app.sql(
        "CREATE FUNCTION of_order(text) RETURNS bool STABLE RETURN EXISTS (SELECT FROM books WHERE of = $1);"
        'CREATE FUNCTION "ofOrder"(text) RETURNS bool STABLE RETURN of_order($1);'
        "CREATE FUNCTION order_in_books(jobs) RETURNS bool STABLE RETURN of_order($1.meta ->> 'order')"
    )
    app.map(exclude=exclude, attempt="try")
    row = {"job": "session_id", "try": "s.try", "taken": "-amount", "of": "s.meta ->> 'order'"}
    app.map("ledger", table="books", session="job", attempt="try", where="taken < 0", insert=row)
    assert app.install().exit_code == 0
    ran = bare.run()
    assert (ran.exit_code, ran.document["refunds"]["sessions"], ran.document["skipped"]) == (0, 3, 0), ran.stderr
    assert app.balance() == 109


def test_what_a_trigger_on_the_ledger_changes_is_read_again(bare: AppDatabase) -> None:
    """The app marks all tries of an order when the refund of one is booked."""
    app = App(bare)
    app.sql("DELETE FROM jobs; ALTER TABLE jobs ADD back bool; CREATE TABLE books (job text, kind text, taken int)")
    app.sql(
        "INSERT INTO jobs SELECT 'j' || n, 'w', 'failed', 3, 'no', jsonb_build_object('order', n / 3), "
        "'2026-11-23 10:00Z' FROM generate_series(0, 8) AS n"
    )
    app.sql("""
    CREATE FUNCTION mark() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
        UPDATE jobs SET back = true WHERE meta = (SELECT j.meta FROM jobs AS j WHERE j.id = NEW.job);
        RETURN NULL;
    END $$;
    CREATE TRIGGER mark AFTER INSERT ON books FOR EACH ROW EXECUTE FUNCTION mark();
    """)
    app.map(exclude="back")
    row = {"job": "session_id", "kind": "'refund'", "taken": "-amount"}
    app.map("ledger", table="books", session="job", where="kind = 'refund'", insert=row)
    assert app.install().exit_code == 0
    ran = bare.run()
    assert (ran.exit_code, ran.document["refunds"]["sessions"], app.balance()) == (0, 3, 109), ran.stderr


def test_bad_rows_at_the_front_do_not_block_sessions_that_are_paid_one_by_one(bare: AppDatabase) -> None:
    """After one that is refused alone, one from the middle is tried: it is paid, and proves the others."""
    app = App(bare)
    app.sql("DELETE FROM jobs; CREATE TABLE books (job text, taken int, of text)")
    app.sql("INSERT INTO wallets SELECT 'a' || n, 0 FROM generate_series(0, 2) AS n")
    app.sql(
        "INSERT INTO jobs SELECT 'j' || n, CASE WHEN n < 3 THEN 'a' || n ELSE 'w' END, 'failed', 3, 'no', "
        "jsonb_build_object('order', CASE WHEN n < 3 THEN 10 + n ELSE n / 5 END), "
        "timestamptz '2026-11-23 10:00Z' + n * interval '1 minute' FROM generate_series(0, 8) AS n"
    )
    spoil(bare, "wallets", "UPDATE", "IF new.id <> 'w' THEN new.balance := new.balance + 1; END IF;")
    app.map(exclude=f"EXISTS (SELECT FROM books AS b WHERE {OF})")
    row = {"job": "session_id", "taken": "-amount", "of": "s.meta ->> 'order'"}
    app.map("ledger", table="books", session="job", where="taken < 0", insert=row)
    assert app.install().exit_code == 0
    ran = bare.run()
    assert (ran.exit_code, ran.document["refunds"]["sessions"], ran.document["held"]) == (3, 2, 3), ran.stderr
