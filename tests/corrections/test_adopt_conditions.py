"""The expressions that the user gives to `sweeper adopt`: they write nothing, and mistakes are one clear message."""

import pytest

from tests.helpers.adoptions import adopt
from tests.helpers.app_database import AppDatabase

WRITING = "CREATE FUNCTION take() RETURNS boolean LANGUAGE sql VOLATILE AS 'DELETE FROM users RETURNING true'"
# ends the statement that looks at its type, and begins another that ends like it
SECOND_STATEMENT = """{value} END AS value) AS v LIMIT 0))::oid) SELECT 1; COMMIT; DELETE FROM users;
WITH RECURSIVE down (oid, beneath) AS (SELECT t.oid, t.typbasetype FROM pg_catalog.pg_type AS t
WHERE t.oid = pg_typeof((SELECT v.value FROM users AS s CROSS JOIN LATERAL (SELECT CASE WHEN true THEN {value}"""


@pytest.mark.parametrize(
    ("flag", "text"),
    [
        ("--where", "take()"),
        ("--where", "id IN (SELECT 's1' WHERE take())"),
        ("--where", "true); DELETE FROM users; --"),
        ("--where", SECOND_STATEMENT.format(value="true")),
        ("--amount", "CASE WHEN take() THEN 1 END"),
        ("--amount", SECOND_STATEMENT.format(value="1")),
    ],
)
def test_what_a_person_asks_for_can_write_nothing(first: AppDatabase, flag: str, text: str) -> None:
    first.sql(WRITING)
    first.account()
    first.session("s1")
    flags = ("--where", text) if flag == "--where" else ("--where", "true", "--amount", text)
    for more in ((), ("--dry-run",)):
        ran = adopt(first, *flags, *more)
        assert ran.exit_code in (1, 2)
    assert first.sql("SELECT id FROM users") == [("u1",)]
    assert first.refunds() == {}


@pytest.mark.parametrize(
    ("flags", "code", "hint"),
    [
        (("--where", "stauts = 'error'"), "mapping", "did you mean status"),
        (("--where", "1"), "mapping", "true or false"),
        (("--where", "count(s.id) > 1"), "mapping", "aggregate"),
        (("--where", "true", "--amount", "'x'"), "mapping", "must be"),
        (("--where", "status = 'error') OR (true"), "mapping", "syntax error"),
        (("--session", "unknown"), "unknown_session", "no such session"),
        ((), "usage", "either"),
        (("--where", "true", "--session", "s1"), "usage", "either"),
        (("--session", "s1", "--session", "s2"), "usage", "twice"),
        (("--where", " "), "usage", "empty"),
    ],
)
def test_what_cannot_be_meant_is_an_error_of_usage(
    first: AppDatabase, flags: tuple[str, ...], code: str, hint: str
) -> None:
    ran = adopt(first, *flags)
    assert (ran.exit_code, ran.document["error"]["code"]) == (2, code), ran.stdout
    assert hint in ran.document["error"]["message"]


def test_a_condition_that_fails_for_a_row_adopts_nothing_and_shows_nothing_of_the_row(first: AppDatabase) -> None:
    first.account()
    first.session("s1", error="jane@example.org")
    ran = adopt(first, "--where", "error::int > 1")
    assert (ran.exit_code, ran.document["error"]["code"]) == (1, "refused")
    assert "jane" not in ran.stdout + ran.stderr


def test_percent_signs_and_braces_of_a_condition_stay_what_they_are(first: AppDatabase) -> None:
    first.account()
    first.session("s1", error="100% {session_id} %(as_of)s")
    done = adopt(first, "--where", "error LIKE '100%' AND error LIKE '%{session_id} %(as_of)s'")
    assert done.document["adopted"]["sessions"] == 1


def test_without_a_terminal_nothing_is_adopted_without_a_yes(first: AppDatabase) -> None:
    first.account()
    first.session("s1")
    ran = first.sweeper("adopt", "--json", "--where", "true", "--reason", "x")
    assert (ran.exit_code, ran.document["error"]["code"]) == (2, "confirmation")
    assert first.refunds() == {}
