"""The environment's connection settings: what they mean, and that they are never shown."""

from collections.abc import Iterator

import psycopg
import pytest
import stamina

from sweeper.core.errors import ConfigurationError
from sweeper.postgres.connection import from_environment, from_url
from sweeper.postgres.sqlstate import unreachable
from tests.helpers.app_database import AppDatabase
from tests.helpers.command import Ran, command

SECRET = "s3cret"


def parameters(url: str) -> dict[str, str]:
    return dict(from_url(url, "DATABASE_URL").parameters)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://u:p@h:5433/db", {"user": "u", "password": "p", "host": "h", "port": "5433", "dbname": "db"}),
        ("postgres://h/db", {"host": "h", "dbname": "db"}),
        ("POSTGRES://h/db", {"host": "h", "dbname": "db"}),
        ("postgresql+psycopg://h/db", {"host": "h", "dbname": "db"}),
        ("postgresql+asyncpg://h/db?sslmode=require", {"host": "h", "dbname": "db", "sslmode": "require"}),
        ("postgresql:///db?host=/var/run/pg", {"host": "/var/run/pg", "dbname": "db"}),
        ("postgresql://%2Fvar%2Frun/db", {"host": "/var/run", "dbname": "db"}),
        ("postgresql://[::1]:5433/db", {"host": "::1", "port": "5433", "dbname": "db"}),
        ("postgresql:///?service=books", {"service": "books"}),
        (
            "postgresql://a:1,b:2/db?target_session_attrs=read-write",
            {"host": "a,b", "port": "1,2", "dbname": "db", "target_session_attrs": "read-write"},
        ),
        ("postgresql://h/db?options=-c%20jit%3Doff", {"host": "h", "dbname": "db", "options": "-c jit=off"}),
        ("host=/run/pg dbname='my db'", {"host": "/run/pg", "dbname": "my db"}),
    ],
)
def test_every_kind_of_postgres_address_reaches_libpq_unharmed(url: str, expected: dict[str, str]) -> None:
    assert parameters(url) == expected


@pytest.mark.parametrize(
    ("written", "meant"),
    [("p%40ss", "p@ss"), ("100%25", "100%"), ("a+b", "a+b"), ("a#b", "a#b"), ("a?b&schema=x", "a?b&schema=x")],
)
def test_a_password_of_any_letters_arrives_as_it_was_meant(written: str, meant: str) -> None:
    connection = from_url(f"postgresql://u:{written}@h/db?schema=app", "DATABASE_URL")
    assert (connection.parameters["password"], connection.schema) == (meant, "app")


def test_parameters_of_prisma_are_understood_and_kept_from_libpq() -> None:
    connection = from_url(
        "postgresql://u@h/db?schema=my%20app&pgbouncer=true&connection_limit=1&pool_timeout=0&socket_timeout=5"
        "&statement_cache_size=0&sslaccept=accept_invalid_certs&sslmode=require&connect_timeout=9",
        "DATABASE_URL",
    )
    assert connection.schema == "my app"
    assert connection.parameters == {
        "user": "u", "host": "h", "dbname": "db", "sslmode": "require", "connect_timeout": "9",
    }  # fmt: skip


def test_the_password_of_libpqs_own_client_key_is_kept() -> None:
    assert parameters("postgresql://h/db?sslkey=k&sslpassword=x")["sslpassword"] == "x"


def test_an_at_sign_among_the_parameters_does_not_hide_them() -> None:
    connection = from_url("postgresql://h?user=a@b/c&schema=app", "DATABASE_URL")
    assert connection.schema is None  # libpq, too, reads all before the @ as a user
    connection = from_url("postgresql://h/?user=a@b&schema=app", "DATABASE_URL")
    assert (connection.schema, connection.parameters["user"]) == ("app", "a@b")


@pytest.mark.parametrize(
    ("environment", "host"),
    [
        ({"SWEEPER_DATABASE_URL": "postgres://a", "DATABASE_URL": "postgres://b", "PGHOST": "c"}, "a"),
        ({"DATABASE_URL": "postgres://b", "PGHOST": "c"}, "b"),
        ({"SWEEPER_DATABASE_URL": "  ", "DATABASE_URL": " postgres://b ", "PGHOST": "c"}, "b"),
        ({"PGHOST": "c"}, None),
        ({"PGSERVICE": "books"}, None),
    ],
)
def test_sweepers_own_variable_comes_before_the_apps_and_that_before_libpqs(
    environment: dict[str, str], host: str | None
) -> None:
    assert from_environment(environment).parameters.get("host") == host


def test_without_any_settings_the_command_exits_2_and_names_the_variables(bare: AppDatabase) -> None:
    for arguments in (["run"], ["run", "--dry-run"], ["install"], ["install", "--print"]):
        ran = command(*arguments, environment={"SWEEPER_CONFIG": str(bare.config)})
        assert ran.exit_code == 2
        assert "SWEEPER_DATABASE_URL or DATABASE_URL" in ran.stderr


@pytest.mark.parametrize("url", ["prisma://accelerate.example/?api_key=s3cret", "prisma+postgres://h/?api_key=s3cret"])
def test_prismas_proxy_is_refused_with_the_reason(url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"proxy that speaks Prisma's own protocol.*DIRECT_URL") as error:
        from_url(url, "DATABASE_URL")
    assert SECRET not in error.value.message


@pytest.mark.parametrize(
    "url",
    [
        "mysql://u:s3cret@h/db",
        "postgresql://u:s3cret@h/db?nonsense=1",
        "postgresql://u:s3cret%zz@h/db",
        "postgresql://u:s3cret%ff@h/db",
        "postgresql://u:s3cret@[::1/db",
        "host=h password='s3cret",
        "s3cret",
    ],
)
def test_an_address_that_is_none_is_refused_without_being_shown(url: str) -> None:
    ran = command("run", "--json", environment={"DATABASE_URL": url, "SWEEPER_CONFIG": "tests/apps/first.toml"})
    assert ran.exit_code == 2
    assert "DATABASE_URL" in ran.document["error"]["message"]
    assert SECRET not in ran.stdout + ran.stderr


def test_neither_repr_nor_str_of_a_connection_shows_its_password() -> None:
    connection = from_url(f"postgresql://u:{SECRET}@h/db", "DATABASE_URL")
    assert SECRET not in repr(connection) + str(connection)


@pytest.fixture
def no_retries() -> Iterator[None]:
    with stamina.set_testing(True):
        yield


def _shows_nothing(ran: Ran, *secrets: str) -> None:
    for secret in secrets:
        assert secret not in ran.stdout + ran.stderr


@pytest.mark.parametrize("flags", [("run",), ("install",)])
@pytest.mark.usefixtures("no_retries")
def test_a_wrong_password_is_said_and_not_shown(bare: AppDatabase, flags: tuple[str, ...]) -> None:
    if not bare.connection.info.password:
        pytest.skip("the given server asks for no password")
    head, tail = bare.url.split("@", 1)
    wrong = f"{head.rsplit(':', 1)[0]}:wr%40ng%25pass@{tail}"
    ran = bare.sweeper(*flags, SWEEPER_DATABASE_URL=wrong)
    assert ran.exit_code == 1
    assert "password was refused" in ran.stderr
    _shows_nothing(ran, "wr%40ng", "wr@ng", wrong, tail)


@pytest.mark.parametrize("flags", [("run",), ("install", "--print")])
@pytest.mark.usefixtures("no_retries")
def test_a_host_that_does_not_answer_is_said_and_not_shown(bare: AppDatabase, flags: tuple[str, ...]) -> None:
    url = f"postgresql://someone:{SECRET}@127.0.0.1:1/hidden"
    ran = bare.sweeper(*flags, SWEEPER_DATABASE_URL=url)
    assert ran.exit_code == 1
    assert "nothing listens at the host and port of the connection settings" in ran.stderr
    _shows_nothing(ran, SECRET, "someone", "hidden", url)


def test_the_schema_of_a_prisma_url_is_where_bare_names_are_looked_up(bare: AppDatabase) -> None:
    bare.sql('CREATE SCHEMA "my App"; ALTER TABLE users SET SCHEMA "my App"')
    assert bare.sweeper("install").exit_code == 2
    url = bare.url_with("schema=my%20App&connection_limit=1")
    assert bare.sweeper("install", SWEEPER_DATABASE_URL=url).exit_code == 0
    assert bare.run().exit_code == 0, "the path is the installed one, whoever runs"


def test_the_name_of_an_application_in_the_url_does_no_harm(first: AppDatabase) -> None:
    ran = first.sweeper("run", "--json", SWEEPER_DATABASE_URL=first.url_with("application_name=cron"))
    assert ran.exit_code == 0


def test_a_server_behind_a_foreign_table_is_not_the_one_of_the_settings() -> None:
    """In the words of postgres_fdw, which the tests' servers do not have."""
    down = psycopg.errors.lookup("08001")('could not connect to server "far"\nDETAIL:  Connection refused')
    assert "connection settings" not in unreachable(down).message
