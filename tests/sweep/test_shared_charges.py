"""Several sessions of one charge, such as retries with rows of their own: a batch looks at all of them at once."""

import pytest

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase
from tests.helpers.holds import holds

TAKEN = "(SELECT sum(b.taken) FROM books AS b WHERE b.charge = s.meta ->> 'charge')"


@pytest.fixture
def app(bare: AppDatabase) -> App:
    """An app whose ledger has one charge of 3 for three jobs each: one that failed, and two that tried it again."""
    app = App(bare)
    app.sql("CREATE TABLE books (charge text NOT NULL, job text, taken numeric NOT NULL); DELETE FROM jobs")
    app.sql(
        "INSERT INTO jobs SELECT 'j' || n, 'w', 'failed', 3, 'no', jsonb_build_object('charge', 'c' || n / 3), "
        "'2026-11-23 10:00Z' FROM generate_series(0, 8) AS n"
    )
    app.sql("INSERT INTO books SELECT 'c' || n, NULL, 3 FROM generate_series(0, 2) AS n")
    row = {"charge": "s.meta ->> 'charge'", "job": "session_id", "taken": "-amount"}
    app.map("ledger", table="books", session="job", where="taken < 0", insert=row)
    assert app.balance() == 100
    return app


def paid_once(app: App, *, sessions: int = 3) -> None:
    assert app.install().exit_code == 0
    ran = app.database.run()
    assert (ran.exit_code, ran.document["outcome"], ran.document["refunds"]["sessions"]) == (0, "complete", sessions)
    assert app.database.run().document["refunds"]["sessions"] == 0
    assert (app.balance(), holds(app.database)) == (109, {})
    assert app.sql("SELECT charge, sum(taken) FROM books GROUP BY charge ORDER BY charge") == [
        ("c0", 0), ("c1", 0), ("c2", 0),
    ]  # fmt: skip


@pytest.mark.parametrize("key", ["amount", "charged"])
@pytest.mark.parametrize("value", ["taken_of(meta, 'charge')", "0 + (meta OPERATOR(public.~>) 'charge')"])
def test_what_a_function_reads_is_given_back_once(app: App, key: str, value: str) -> None:
    """One that says of itself that it reads nothing, also by way of an operator."""
    app.sql(
        "CREATE FUNCTION taken_of(jsonb, text) RETURNS numeric LANGUAGE sql IMMUTABLE "
        "AS 'SELECT sum(taken) FROM books WHERE charge = $1 ->> $2'"
    )
    app.sql("CREATE OPERATOR ~> (LEFTARG = jsonb, RIGHTARG = text, FUNCTION = taken_of)")
    app.sql("GRANT SELECT ON books TO PUBLIC")
    app.map(**{key: value})
    paid_once(app)


@pytest.mark.parametrize(
    "body",
    [
        "sql IMMUTABLE AS 'SELECT sum(taken) FROM books WHERE charge = $1'",
        "sql IMMUTABLE BEGIN ATOMIC SELECT sum(taken) FROM books WHERE charge = $1; END",
        "plpgsql IMMUTABLE AS 'BEGIN RETURN \"In books\"($1); END'",
    ],
)
def test_an_amount_that_a_function_reads_is_given_back_once(app: App, body: str) -> None:
    """The function is declared IMMUTABLE, which the server believes."""
    there = "STABLE AS 'SELECT sum(taken) FROM books WHERE charge = $1'; GRANT SELECT ON books TO PUBLIC"
    app.sql(f'CREATE FUNCTION "In books"(text) RETURNS numeric LANGUAGE sql {there}')
    app.sql(f"CREATE FUNCTION left_of(text) RETURNS numeric LANGUAGE {body}")
    app.map(amount="left_of(meta ->> 'charge')")
    paid_once(app)


@pytest.mark.parametrize("key", ["amount", "charged"])
def test_one_charge_is_given_back_once(app: App, key: str) -> None:
    app.map(**{key: TAKEN})
    paid_once(app)
    assert app.database.sweeper("audit").exit_code == 0


def test_parts_of_one_charge_are_all_given_back(app: App) -> None:
    app.sql("UPDATE jobs SET price = 1")
    app.map(charged=TAKEN)
    paid_once(app, sessions=9)


def test_a_floating_charge_that_comes_to_almost_nothing_is_paid(app: App) -> None:
    app.sql("ALTER TABLE books ALTER taken TYPE double precision; ALTER TABLE jobs ALTER price TYPE numeric")
    app.sql("UPDATE jobs SET price = CASE id WHEN 'j0' THEN 0.1 WHEN 'j1' THEN 0.7 WHEN 'j2' THEN 0.3 ELSE 0 END")
    app.sql("UPDATE books SET taken = 1.1 WHERE charge = 'c0'")
    app.map(charged=TAKEN)
    assert app.install().exit_code == 0
    assert app.database.run().document["refunds"]["sessions"] == 3
    assert app.sql("SELECT sum(taken) BETWEEN -1e-9 AND 1e-9 FROM books WHERE charge = 'c0'") == [(True,)]


@pytest.mark.parametrize(
    "exclude",
    [
        "EXISTS (SELECT FROM jobs AS o WHERE o.meta ->> 'order' = s.meta ->> 'order' AND o.refunded)",
        "(SELECT t.settled FROM tries AS t WHERE t.job = s.id)",
    ],
)
def test_of_sessions_that_exclude_each_other_one_is_paid(bare: AppDatabase, exclude: str) -> None:
    """Three tries of each of three orders: the app refunds an order, by whichever of its tries."""
    app = App(bare)
    app.sql("DELETE FROM jobs; ALTER TABLE jobs ADD refunded bool")
    app.sql(
        "INSERT INTO jobs SELECT 'j' || n, 'w', 'failed', 3, 'no', jsonb_build_object('order', n / 3), "
        "'2026-11-23 10:00Z' FROM generate_series(0, 8) AS n"
    )
    # a view whose plan does not show what it reads
    app.sql(
        "CREATE FUNCTION is_settled(text) RETURNS bool LANGUAGE plpgsql STABLE "
        "AS $$ BEGIN RETURN EXISTS (SELECT FROM jobs WHERE meta ->> 'order' = $1 AND refunded); END $$"
    )
    app.sql("CREATE VIEW tries AS SELECT j.id AS job, is_settled(j.meta ->> 'order') AS settled FROM jobs AS j")
    app.sql("GRANT SELECT ON jobs, tries TO PUBLIC")
    app.map(exclude=exclude)
    app.map("sessions.refunded", refunded="true")
    assert app.install().exit_code == 0
    ran = bare.run()
    assert (ran.exit_code, ran.document["refunds"]["sessions"]) == (0, 3)
    assert app.balance() == 109


ORDERS = "CREATE TABLE orders (id int PRIMARY KEY, price int DEFAULT 3, settled bool NOT NULL DEFAULT false)"
# the app refunds an order by whichever of its tries: a hook tells the order
SETTLE = """
CREATE FUNCTION settle() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$ BEGIN
    UPDATE orders SET settled = true
    WHERE id = (SELECT (j.meta ->> 'order')::int FROM jobs AS j WHERE j.id = NEW.session_id);
    RETURN NULL;
END $$;
CREATE TRIGGER settle AFTER INSERT ON sweeper.refunds FOR EACH ROW EXECUTE FUNCTION settle()
"""


SETTLED = "(SELECT o.settled FROM orders AS o WHERE o.id = (s.meta ->> 'order')::int)"


def with_orders(database: AppDatabase) -> App:
    """Three tries of each of three orders."""
    app = App(database)
    app.sql(f"DELETE FROM jobs; ALTER TABLE jobs ADD refunded bool; {ORDERS}")
    app.sql("INSERT INTO orders SELECT generate_series(0, 2)")
    app.sql(
        "INSERT INTO jobs SELECT 'j' || n, 'w', 'failed', 3, 'no', jsonb_build_object('order', n / 3), "
        "'2026-11-23 10:00Z' FROM generate_series(0, 8) AS n"
    )
    return app


@pytest.mark.parametrize(
    "keys",
    [
        {"exclude": SETTLED},
        {"exclude": "(SELECT o.settled FROM orders AS o WHERE o.id = (meta ->> 'order')::int)"},
        {"exclude": "(SELECT o.settled FROM parts AS p JOIN orders AS o ON o.id = p.of WHERE p.job = s.id)"},
        {"exclude": "(SELECT o.settled FROM parts AS p, orders AS o WHERE o.id = p.of AND p.job = s.id)"},
        {"exclude": "EXISTS (SELECT FROM parts WHERE job = s.id AND of IN (SELECT id FROM orders WHERE settled))"},
        {"never": SETTLED},
        {"exclude": "is_settled(s.meta ->> 'order')"},
        {"exclude": """ public . "isSettled" ( s.meta ->> 'order')"""},
        {"exclude": "s . order_is_settled"},
        {"exclude": 's."order_is_settled"'},
        {"exclude": "(SELECT o.settled FROM orders AS o WHERE o.id::text = coalesce(s.meta ->> 'order', s.id))"},
        {"exclude": "EXISTS (SELECT FROM orders AS o WHERE o.settled AND o.id::text IN (s.id, s.meta ->> 'order'))"},
        {"exclude": "(SELECT o.settled AND length(s.id) > 0 FROM orders AS o WHERE o.id = (s.meta ->> 'order')::int)"},
        {"exclude": "EXISTS (SELECT FROM tries AS t WHERE t.of = s.meta ->> 'order' AND t.job <> s.id AND t.settled)"},
        {"exclude": "EXISTS (SELECT FROM tries AS t WHERE t.job = s.id AND t.settled)"},
        {"charged": '(SELECT 3 FROM public."tries" AS t WHERE t.job = s.id AND NOT t.settled)'},
        {"amount": f"CASE WHEN {SETTLED} THEN 0 ELSE 3 END"},
        {"amount": "(SELECT o.price FROM orders AS o WHERE o.id = (s.meta ->> 'order')::int AND NOT o.settled)"},
        {"charged": "(SELECT 3 FROM orders AS o WHERE o.id = (s.meta ->> 'order')::int AND NOT o.settled)"},
    ],
)
def test_of_sessions_of_one_parent_one_is_paid(bare: AppDatabase, keys: dict[str, str]) -> None:
    app = with_orders(bare)
    app.sql(
        "CREATE FUNCTION is_settled(text) RETURNS bool STABLE RETURN (SELECT settled FROM orders WHERE id = $1::int)"
    )
    app.sql('CREATE FUNCTION "isSettled"(text) RETURNS bool STABLE RETURN is_settled($1)')
    app.sql("CREATE FUNCTION order_is_settled(jobs) RETURNS bool STABLE RETURN is_settled($1.meta ->> 'order')")
    # a view of the app's over its sessions and their parents
    app.sql(
        "CREATE VIEW tries AS SELECT j.id AS job, j.meta ->> 'order' AS of, o.settled "
        "FROM jobs AS j JOIN orders AS o ON o.id = (j.meta ->> 'order')::int"
    )
    app.sql("CREATE TABLE parts AS SELECT id AS job, (meta ->> 'order')::int AS of FROM jobs")
    app.map(**keys)
    assert app.install().exit_code == 0
    app.sql(f"{SETTLE}; GRANT SELECT ON jobs, tries, orders, parts TO PUBLIC")
    ran = bare.run()
    assert (ran.exit_code, ran.document["held"], ran.document["skipped"]) == (0, 0, 0)
    assert app.balance() == 109


@pytest.mark.parametrize(
    "keys",
    [
        {"exclude": "EXISTS (SELECT FROM books AS b WHERE b.job = s.id AND b.taken < 0)"},
        {"exclude": "EXISTS (SELECT FROM books WHERE job = s.id AND taken < 0)"},
        {"exclude": "EXISTS (SELECT FROM books AS b WHERE b.job = s.id AND b.taken < 0 AND s.owner = 'w')"},
        {"exclude": "EXISTS (SELECT FROM books AS b WHERE b.job = id AND b.taken < 0 AND b.job <> '')"},
        {"exclude": "EXISTS (SELECT FROM books AS b WHERE b.job = s.link AND b.taken < 0)"},
        {"exclude": "EXISTS (SELECT FROM books AS b WHERE b.ref = 'job:' || s.id AND b.taken < 0)"},
        {"exclude": "EXISTS (SELECT FROM books AS b WHERE s.id::varchar = b.job AND b.taken < 0)"},
        {"exclude": "EXISTS (SELECT FROM books AS b WHERE b.job IN (s.id) AND b.taken < 0)"},
        {"exclude": "EXISTS (SELECT FROM books AS b, books AS o WHERE o.job = b.job AND b.job = s.id)"},
        {"exclude": "(SELECT count(*) FROM books AS b WHERE b.job = s.id AND b.taken < 0) > 0"},
        {"never": SETTLED},
        {"exclude": f"refunded OR {SETTLED}"},
        {"exclude": f"given_back OR {SETTLED}"},
        {"amount": "3 * (SELECT count(*) FROM wallets AS w WHERE w.id = s.owner)"},
    ],
)
def test_sessions_that_do_not_change_each_other_are_paid_together(bare: AppDatabase, keys: dict[str, str]) -> None:
    app = with_orders(bare)
    app.sql("CREATE TABLE books (job text, taken numeric NOT NULL, ref text)")
    app.sql("ALTER TABLE jobs ADD link text UNIQUE, ADD given_back boolean GENERATED ALWAYS AS (refunded) STORED")
    app.sql("UPDATE jobs SET link = id")
    app.map(**keys)
    app.map("sessions.refunded", refunded="true")
    row = {"job": "session_id", "taken": "-amount", "ref": "'job:' || session_id"}
    app.map("ledger", table="books", session="job", where="taken < 0", insert=row)
    assert app.install().exit_code == 0
    ran = bare.run()
    assert (ran.exit_code, ran.document["refunds"]["sessions"], ran.document["batches"]) == (0, 9, 1)


MARK_TRIES = """
CREATE FUNCTION {2}.mark_tries() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$ BEGIN
    UPDATE jobs SET settled = true, due = 0
    WHERE meta -> 'order' = (SELECT j.meta -> 'order' FROM jobs AS j WHERE j.id = {0});
    RETURN NULL;
END $$;
CREATE TRIGGER mark_tries AFTER {1} FOR EACH ROW EXECUTE FUNCTION {2}.mark_tries()
"""


@pytest.mark.parametrize("keys", [{"exclude": "settled"}, {"amount": "due"}, {"charged": "due"}, {"never": "settled"}])
@pytest.mark.parametrize(
    "trigger",
    [
        ("NEW.session_id", "INSERT ON sweeper.refunds", "public"),
        ("NEW.session_id", "INSERT ON sweeper.refunds", "sweeper"),
        ("NEW.id", "UPDATE OF refunded ON jobs", "public"),
    ],
)
def test_what_a_trigger_of_the_app_marks_is_not_paid(
    bare: AppDatabase, keys: dict[str, str], trigger: tuple[str, str, str]
) -> None:
    """The app refunds an order, by whichever of its tries: a trigger of its own marks all of them."""
    app = with_orders(bare)
    app.sql("ALTER TABLE jobs ADD settled bool, ADD due int DEFAULT 3")
    app.map(**keys)
    app.map("sessions.refunded", refunded="true")
    assert app.install().exit_code == 0
    app.sql(MARK_TRIES.format(*trigger))
    ran = bare.run()
    assert (ran.exit_code, ran.document["refunds"]["sessions"], ran.document["held"]) == (0, 3, 0)
    assert app.balance() == 109
