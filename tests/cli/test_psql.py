"""How a filled statement becomes a script for psql."""

import pytest

from sweeper.statements.psql import literal, to_psql, variables, writes


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("%(as_of)s::timestamptz", ":as_of::timestamptz"),
        ("a[1:2], a[x:y], b := 1", "a[1:2], a[x\\:y], b := 1"),
        ("':as_of' \":as_of\" -- :as_of\n:as_of", "':as_of' \":as_of\" -- :as_of\n\\:as_of"),
        ("$f$ :x ' $f$ || e'\\':x' || :x", "$f$ :x ' $f$ || e'\\':x' || \\:x"),
        ("'100%% %%(as_of)s' %% 2", "'100% %(as_of)s' % 2"),
        ("(\na + b\n) AS c", "(a + b) AS c"),
        ("(\na -- b\n) AS c", "(\na -- b\n) AS c"),
        ("(\n'--' || b\n)", "('--' || b)"),
        ("(\n$1\n)", "(\n$1\n)"),
        ("'(\na\n)'", "'(\na\n)'"),
        ("a$b$ :x $b$", "a$b$ \\:x $b$"),
    ],
)
def test_a_statement_is_read_as_psql_reads_it(text: str, read: str) -> None:
    assert to_psql(text, doubled=True) == read


@pytest.mark.parametrize(
    ("value", "sql", "argument"),
    [
        (None, "NULL", "NULL"),
        (True, "true", "true"),
        (-3, "-3", "-3"),
        ("it's", "'it''s'", "'''it''''s'''"),
        ("a\\b", "E'a\\\\b'", "'E''a\\\\\\\\b'''"),
        (["a", 'b"c'], """E'{"a","b\\\\"c"}'""", """'E''{"a","b\\\\\\\\"c"}'''"""),
        ("two\nlines", "'two\nlines'", "'''two\\nlines'''"),
    ],
)
def test_a_value_is_a_variable_of_psql(value: object, sql: str, argument: str) -> None:
    assert literal(value) == sql
    assert variables({"x": value}, ["x"]) == [{"variable": "x", "value": argument}]


def test_what_writes_is_recognized_by_its_own_words() -> None:
    assert writes('SELECT 1 FROM "t" FOR NO KEY UPDATE')
    assert not writes("""SELECT 'UPDATE', "DELETE", update -- INSERT""")
