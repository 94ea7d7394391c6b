"""A script taken apart into its statements, whatever stands in them."""

import pytest

from sweeper.postgres.scripts import statements

PIECES = (
    "SELECT ';', E'it''s \\';', \"a;b\";",
    "-- a comment; with a semicolon\nCREATE FUNCTION f() RETURNS int AS\n$a$ BEGIN; $b$ ; $b$ END; $a$;",
    "DO $$ BEGIN PERFORM 1; END $$;",
    "/* one; two */ SELECT 'a$b;', x$y;",
    "SELECT $1;",
)


def test_each_statement_is_whole() -> None:
    assert list(statements("\n\n".join(PIECES))) == list(PIECES)


@pytest.mark.parametrize("end", ["", "  \n", "-- nothing; more\n", "/* nothing; more */"])
def test_what_is_left_without_a_statement_is_none(end: str) -> None:
    assert list(statements(f"SELECT 1;\n{end}")) == ["SELECT 1;"]
