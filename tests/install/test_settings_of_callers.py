"""No setting of a caller of refund() changes an amount or hides a row."""

from pathlib import Path

import psycopg
import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.checks import check, items
from tests.helpers.roles import LAYER
from tests.helpers.server import Server

# as if the locale POSIX had no digits behind the point: few servers have one that has none, such as that of Japan
TABLES = """
CREATE TABLE wallets (id int PRIMARY KEY, credits numeric NOT NULL, cash money NOT NULL DEFAULT 0);
CREATE TABLE calls (id text PRIMARY KEY, wallet_id int NOT NULL, state text NOT NULL, price money NOT NULL,
    begun_at timestamptz NOT NULL DEFAULT '2026-11-22 12:00Z');
INSERT INTO wallets VALUES (1, 10);
INSERT INTO calls VALUES ('c1', 1, 'failed', 5), ('c2', 1, 'failed', 5);
"""
FILE = """
[sessions]
table = "calls"
id = "id"
account = "wallet_id"
status = "state"
failed = ["failed"]
running = ["running"]
succeeded = ["done"]
started_at = "begun_at"
amount = "price * (CASE current_setting('lc_monetary') WHEN 'POSIX' THEN 100 ELSE 1 END)"
[accounts]
table = "wallets"
id = "id"
balance = "credits"
[policy]
since = 2020-01-01T00:00:00Z
max_clock_skew = "100y"
"""
# each refund in two rows, so that a look by their index is one of several rows
BOOKS = """
CREATE TABLE books (about jsonb NOT NULL);
INSERT INTO books SELECT jsonb_build_object('session', 's' || n)
FROM generate_series(1, 40) AS n, generate_series(1, 50);
CREATE INDEX ON books USING gin (about);
ANALYZE books
"""


@pytest.mark.every_version
def test_money_is_what_it_was_when_refund_was_installed(server: Server, tmp_path: Path) -> None:
    with server.blank(tmp_path, TABLES) as app:
        app.sql(f"""ALTER DATABASE "{app.value("SELECT current_database()")}" SET lc_monetary = 'C'""")
        app.config.write_text(FILE)
        assert app.sweeper("install").exit_code == 0
        with psycopg.connect(app.url_as(LAYER), autocommit=True) as layer:
            layer.execute("SET lc_monetary = 'POSIX'")
            assert layer.execute("SELECT sweeper.refund('c1', 'worker')").fetchone() == (5,)
        assert items(check(app))["refund_function"]["status"] == "ok"
        another = app.url_with("options=-c%20lc_monetary%3DPOSIX")
        other = app.sweeper("run", "--json", SWEEPER_DATABASE_URL=another)
        assert (other.exit_code, other.document["error"]["code"]) == (2, "mapping_changed"), other.stdout
        assert app.run().document["refunds"]["credits"] == "5.00"
        assert app.value("SELECT credits FROM wallets") == 20


@pytest.mark.every_version
def test_no_row_is_hidden_by_a_limit_on_what_an_index_finds(bare: AppDatabase) -> None:
    bare.sql(BOOKS)
    mark = """EXISTS (SELECT FROM books AS b WHERE b.about @> jsonb_build_object('session', s.id))"""
    bare.configure("exclude    = \"step = 'All models failed - credits refunded'\"", f'exclude = "{mark}"')
    assert bare.sweeper("install").exit_code == 0
    bare.account()
    for number in range(1, 11):
        bare.session(f"s{number}")
    with psycopg.connect(bare.url_as(LAYER), autocommit=True) as layer:
        layer.execute("SET gin_fuzzy_search_limit = 1; SET enable_seqscan = off")
        assert [layer.execute("SELECT sweeper.refund(%s, 'x')", [f"s{n}"]).fetchone() for n in range(1, 6)] == [
            (0,)
        ] * 5
    for setting in ("gin_fuzzy_search_limit = 1", "enable_seqscan = off"):
        bare.sql(f'ALTER DATABASE "{bare.value("SELECT current_database()")}" SET {setting}')
    assert bare.run().document["refunds"]["sessions"] == 0


def test_texts_are_searched_by_the_language_of_the_installation(bare: AppDatabase) -> None:
    mark = "to_tsvector(s.error) @@ to_tsquery('refund') OR s.error = NULL"
    bare.configure("exclude    = \"step = 'All models failed - credits refunded'\"", f'exclude = "{mark}"')
    assert bare.sweeper("install").exit_code == 0
    bare.account()
    for number in range(4):
        bare.session(f"s{number}", error="credits were refunded" if number else None)
    with psycopg.connect(bare.url_as(LAYER), autocommit=True) as layer:
        layer.execute("SET default_text_search_config = 'simple'; SET transform_null_equals = on")
        paid = [layer.execute("SELECT sweeper.refund(%s, 'x')", [f"s{n}"]).fetchone() for n in range(2)]
    assert paid == [(3,), (0,)]
    assert items(check(bare))["refund_function"]["status"] == "ok"
    database = bare.value("SELECT current_database()")
    bare.sql(f'ALTER DATABASE "{database}" SET transform_null_equals = on')
    assert bare.run("--full").document["refunds"]["sessions"] == 0
    bare.sql(f"ALTER DATABASE \"{database}\" SET default_text_search_config = 'simple'")
    assert bare.run().document["error"]["code"] == "mapping_changed"


@pytest.mark.parametrize(
    ("mark", "setting"),
    [
        ("s.id::bytea::text = '\\x73'", "bytea_output = 'escape'"),
        ("to_number('1', '9') = 1 AND current_setting('lc_numeric') = 'C'", "lc_numeric = 'POSIX'"),
        ("to_char(1, '9') = ' 1' AND current_setting('lc_time') = 'C'", "lc_time = 'POSIX'"),
        ("('{NULL}'::text || '')::text[] = ARRAY[NULL]", "array_nulls = off"),
    ],
)
def test_what_is_owed_does_not_depend_on_how_the_caller_writes_values(
    bare: AppDatabase, mark: str, setting: str
) -> None:
    database = bare.value("SELECT current_database()")
    for name in ("lc_numeric", "lc_time"):
        bare.sql(f"ALTER DATABASE \"{database}\" SET {name} = 'C'")
    bare.configure("exclude    = \"step = 'All models failed - credits refunded'\"", f"exclude = '''{mark}'''")
    assert bare.sweeper("install").exit_code == 0
    bare.account()
    bare.session("s")
    with psycopg.connect(bare.url_as(LAYER), autocommit=True) as layer:
        layer.execute(f"SET {setting}")
        assert layer.execute("SELECT sweeper.refund('s', 'x')").fetchone() == (0,)
    assert items(check(bare))["refund_function"]["status"] == "ok"
    if not setting.startswith("lc_"):
        bare.sql(f'ALTER DATABASE "{database}" SET {setting}')
    assert bare.run().document["refunds"]["sessions"] == 0


def test_refund_is_not_compiled(bare: AppDatabase) -> None:
    """That takes a second in each call, by the estimate for a large ledger of which only a few rows are read."""
    assert bare.sweeper("install").exit_code == 0
    settings = bare.value("SELECT proconfig FROM pg_proc WHERE oid = 'sweeper.refund'::regproc")
    assert "jit=off" in settings
