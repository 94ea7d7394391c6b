"""URLs as frameworks and hosts write them: each connects, or is refused with the parameter's name and nothing else."""

import pytest

from sweeper.core.errors import ConfigurationError
from sweeper.postgres import parameters
from sweeper.postgres.connection import from_url
from tests.helpers.app_database import AppDatabase
from tests.helpers.command import command

SECRET = "s3cret"
PLAIN = {"user": "u", "password": SECRET, "host": "h", "dbname": "db"}

# each with what libpq is given beside user, password, host and database
FORMS = {
    "heroku": (f"postgres://u:{SECRET}@h:5432/db", {"port": "5432"}),
    "vercel and supabase": (f"postgres://u:{SECRET}@h:6543/db?sslmode=require&supa=base-pooler.x&pgbouncer=true",
                            {"port": "6543", "sslmode": "require"}),
    "vercel's prisma url": (f"postgres://u:{SECRET}@h/db?pgbouncer=true&connect_timeout=15&workaround=supabase-pooler.vercel",
                            {"connect_timeout": "15"}),
    "neon": (f"postgresql://u:{SECRET}@h/db?sslmode=require&channel_binding=require&options=endpoint%3Dep-x",
            {"sslmode": "require", "channel_binding": "require", "options": "endpoint=ep-x"}),
    "prisma": (f"postgresql://u:{SECRET}@h/db?schema=public&connection_limit=5&pool_timeout=10", {}),
    "rails": (
        f"postgresql://u:{SECRET}@h/db?pool=5&encoding=unicode&prepared_statements=false&checkout_timeout=5"
        "&variables[statement_timeout]=5000",
        {},
    ),
    "rails with postgis": (f"postgis://u:{SECRET}@h/db?pool=5&reaping_frequency=10", {}),
    "symfony": (f"postgresql://u:{SECRET}@h:5432/db?serverVersion=16&charset=utf8", {"port": "5432"}),
    "doctrine": (f"pgsql://u:{SECRET}@h/db?charset=utf8", {}),
    "laravel": (f"pdo-pgsql://u:{SECRET}@h/db", {}),
    "sqlalchemy with asyncpg": (
        f"postgresql+asyncpg://u:{SECRET}@h/db?ssl=require&prepared_statement_cache_size=0",
        {"sslmode": "require"},
    ),
    "sqlalchemy with psycopg2": (f"postgresql+psycopg2://u:{SECRET}@h/db?client_encoding=utf8", {}),
    "django": (f"postgis://u:{SECRET}@h/db?conn_max_age=600&conn_health_checks=true", {}),
    "node-postgres": (
        f"postgresql://u:{SECRET}@h/db?sslmode=no-verify&max=20&idleTimeoutMillis=30000", {"sslmode": "require"}
    ),
    "node-postgres without tls": (f"postgresql://u:{SECRET}@h/db?ssl=false", {"sslmode": "disable"}),
    "node-postgres as libpq": (
        f"postgresql://u:{SECRET}@h/db?uselibpqcompat=true&sslmode=require", {"sslmode": "require"}
    ),
    "postgres.js": (f"postgres://u:{SECRET}@h/db?max=10&idle_timeout=20&prepare=false", {}),
    "pgx": (
        f"postgres://u:{SECRET}@h/db?sslmode=verify-full&pool_max_conns=10&pool_min_conns=2"
        "&default_query_exec_mode=simple_protocol",
        {"sslmode": "verify-full"},
    ),
    "gorm": (f"postgres://u:{SECRET}@h/db?sslmode=disable&TimeZone=Asia/Shanghai", {"sslmode": "disable"}),
    "golang-migrate": (f"postgres://u:{SECRET}@h/db?sslmode=disable&x-migrations-table=m", {"sslmode": "disable"}),
    "ecto": (f"ecto://u:{SECRET}@h/db?ssl=true&pool_size=10", {"sslmode": "require"}),
    "jdbc": (
        f"jdbc:postgresql://h/db?user=u&password={SECRET}&ssl=true&ApplicationName=app&connectTimeout=10"
        "&targetServerType=primary&reWriteBatchedInserts=true",
        {"sslmode": "verify-full", "connect_timeout": "10", "target_session_attrs": "primary"},
    ),
    "jdbc with a factory": (
        f"jdbc:postgresql://h/db?user=u&password={SECRET}&sslfactory=org.postgresql.ssl.NonValidatingFactory",
        {"sslmode": "require"},
    ),
    "jdbc with sslmode": (
        f"jdbc:postgresql://h/db?user=u&password={SECRET}&ssl=true&sslmode=verify-ca", {"sslmode": "verify-ca"}
    ),
    "planetscale": (
        f"postgresql://u:{SECRET}@h:6432/db?sslmode=verify-full&sslnegotiation=direct",
        {"port": "6432", "sslmode": "verify-full", "sslnegotiation": "direct"},
    ),
    "rails with a replica": (f"postgres://u:{SECRET}@h/db?replica=true&timeout=5000", {}),
    "laravel with a prefix": (f"pgsql://u:{SECRET}@h/db?charset=utf8&prefix=&prefix_indexes=true", {}),
    "django-environ": (f"psql://u:{SECRET}@h:5432/db", {"port": "5432"}),
    "dj-database-url with timescale": (f"timescale://u:{SECRET}@h/db?sslmode=require", {"sslmode": "require"}),
    "asyncpg": (f"postgresql://u:{SECRET}@h/?database=db", {}),
    "golang-migrate with pgx": (f"pgx5://u:{SECRET}@h/db?sslmode=disable", {"sslmode": "disable"}),
    "bun in go": (f"postgres://u:{SECRET}@h/db?sslmode=disable&dial_timeout=5s", {"sslmode": "disable"}),
    "sqlx": (
        f"postgres://u:{SECRET}@h/db?ssl-mode=require&statement-cache-capacity=50", {"sslmode": "require"}
    ),
    "medusa": (f"postgres://u:{SECRET}@h/db?ssl_mode=disable", {"sslmode": "disable"}),
    "jdbc with options": (
        f"jdbc:postgresql://h/db?user=u&password={SECRET}&gssEncMode=disable&options=-c%20jit=off",
        {"gssencmode": "disable", "options": "-c jit=off"},
    ),
    "pasted into supabase's template": (
        f"postgresql://u:@@{SECRET}@h:6543/db?pgbouncer=true", {"port": "6543", "password": f"@@{SECRET}"}
    ),
    "azure's names of roles": (f"postgresql://u@server:{SECRET}@h/db", {"user": "u@server"}),
    "with a timeout for the app's queries": (f"postgres://u:{SECRET}@h/db?statement_timeout=30000&lock_timeout=1s", {}),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_a_url_is_read_as_its_framework_means_it(form: str) -> None:
    url, more = FORMS[form]
    assert from_url(url, "DATABASE_URL").parameters == {**PLAIN, **more}


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
def test_a_url_of_each_form_connects(first: AppDatabase, form: str) -> None:
    """To the test's own server, which has no TLS: what is asked of it there is left out."""
    url, _ = FORMS[form]
    for asked in ("sslmode=require", "sslmode=verify-full", "sslmode=verify-ca", "sslmode=no-verify", "ssl=true",
                  "ssl=require", "channel_binding=require", "options=endpoint%3Dep-x",
                "sslfactory=org.postgresql.ssl.NonValidatingFactory", "sslnegotiation=direct", "ssl-mode=require",
                "database=db"):  # fmt: skip
        url = url.replace(asked, "gssencmode=disable")
    scheme, _, rest = url.partition("://")
    query = rest.partition("?")[2].replace(f"user=u&password={SECRET}&", "")
    address = first.url_with(query).partition("://")[2]
    ran = first.sweeper("run", "--json", SWEEPER_DATABASE_URL=f"{scheme}://{address}")
    assert (ran.exit_code, ran.stderr) == (0, "")


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ("host=h user=u dbname=db sslmode=disable TimeZone=Asia/Shanghai", {"sslmode": "disable"}),  # GORM
        ("host = h user='u' dbname=db pool_max_conns=10", {}),  # pgx
        (r"host=h user=u dbname=db password='a\'b\\c d=e&f?g@h'", {"password": r"a'b\c d=e&f?g@h"}),
        ("host=h user=u dbname=db password=''", {"password": ""}),
    ],
)
def test_pairs_without_a_url_are_read_by_the_same_table(pairs: str, expected: dict[str, str]) -> None:
    read = from_url(pairs, "DATABASE_URL").parameters
    assert read == {"host": "h", "user": "u", "dbname": "db", **expected}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("host=a:5432&host=b:5433", {"host": "a,b", "port": "5432,5433"}),
        ("host=a&host=b", {"host": "a,b"}),
        ("host=a&host=b:1", {"host": "a,b", "port": ",1"}),
        ("host=/cloudsql/p:r:i", {"host": "/cloudsql/p:r:i"}),
    ],
)
def test_several_hosts_as_sqlalchemy_writes_them_are_all_tried(query: str, expected: dict[str, str]) -> None:
    assert from_url(f"postgresql+psycopg2:///db?{query}", "DATABASE_URL").parameters == {"dbname": "db", **expected}


@pytest.mark.parametrize(
    ("query", "schemas"),
    [
        ("schema=My%20app", ("My app",)),
        ("search_path=app,public", ("app", "public")),
        ('search_path=App,"My%20App"', ("app", "My App")),
        ("currentSchema=app", ("app",)),
        ("schema_search_path=app,%20public", ("app", "public")),
        ('search_path="$user",public', ()),
    ],
)
def test_where_bare_names_are_looked_up_is_understood(query: str, schemas: tuple[str, ...]) -> None:
    connection = from_url(f"postgresql://h/db?{query}", "DATABASE_URL")
    assert (connection.schemas, dict(connection.parameters)) == (schemas, {"host": "h", "dbname": "db"})


def test_a_search_path_leads_to_the_apps_tables_and_stays_out_of_the_session(bare: AppDatabase) -> None:
    bare.sql("CREATE SCHEMA shop; ALTER TABLE users SET SCHEMA shop; CREATE SCHEMA extra")
    assert bare.sweeper("install").exit_code == 2
    for query in ("search_path=extra,shop", "currentSchema=extra,shop"):
        assert bare.sweeper("install", SWEEPER_DATABASE_URL=bare.url_with(query)).exit_code == 0
    assert bare.run().exit_code == 0, "the path is the installed one, whoever runs"


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("nonsense=1", "nonsense is a parameter that neither libpq nor sweeper knows"),
        ("prefixx=1", "prefixx is a parameter that neither libpq nor sweeper knows; did you mean prefix?"),
        ("sslmod=require", "sslmod is a parameter that neither libpq nor sweeper knows; did you mean sslmode?"),
        ("sslkeystore=x", "sslkeystore is a parameter"),
        ("sslfactory=com.example.Mine", "sslfactory has a value that sweeper cannot translate"),
        ("ssl={}", "ssl has a value"),
        ("ssl=", "ssl is a parameter"),
        ("sslmode=sometimes", "sslmode has a value"),
        ("targetServerType=preferPrimary", "targetServerType has a value"),
        ("search_path=$user,app", "search_path names $user"),
        ("sslidentity=client.p12&sslpassword=x", "sslidentity names a PKCS #12 file, which libpq cannot read"),
        ("direct_tls=true", "direct_tls is a parameter"),
        ("readOnly=true", "readOnly is a parameter"),
    ],
)
def test_an_unknown_parameter_is_refused_by_name(query: str, named: str) -> None:
    url = f"postgresql://u:{SECRET}@h/db?{query}&application_name=x"
    ran = command("run", "--json", environment={"DATABASE_URL": url, "SWEEPER_CONFIG": "tests/apps/first.toml"})
    assert ran.exit_code == 2
    assert f"DATABASE_URL: {named}" in ran.document["error"]["message"]
    assert SECRET not in ran.stdout + ran.stderr


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (f"host=h password={SECRET} nonsense=1", "nonsense is a parameter that neither libpq nor sweeper knows"),
        (f"Host=h;Username=u;Password={SECRET}", "looks like the form of Npgsql or PDO"),
        (f"pgsql:host=h;dbname=db;password={SECRET}", "looks like the form of Npgsql or PDO"),
        (f"'postgres://u:{SECRET}@h/db'", "begins with a quotation mark: remove both"),
        (f"psql 'postgresql://u:{SECRET}@h/db'", "begins with something other than a URL, such as `psql`"),  # Neon
        (f"export DATABASE_URL=postgres://u:{SECRET}@h/db", "begins with something other than a URL"),
        (f"jdbc:postgresql:db?password={SECRET}", "is not a valid connection URL"),
        (f"r2dbc:postgresql://u:{SECRET}@h/db", "is not a postgresql:// URL"),
        (f"u:{SECRET}@h/db", "is not a postgresql:// URL"),
        ("file:./dev.db", "is not a postgresql:// URL"),  # Prisma's, for SQLite
    ],
)
def test_other_forms_are_refused_with_what_is_wrong(url: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        from_url(url, "DATABASE_URL")
    assert said in error.value.message
    assert SECRET not in error.value.message


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://u:{SECRET}/a@h:5432/db",
        f"postgresql://u:pa/ss?{SECRET}=x@h/db",
        f"postgresql://u:p@ss?{SECRET}=1@h/db",
        f"postgres://h/db?{SECRET}@x",
    ],
)
def test_a_password_that_ends_early_is_not_taken_for_something_else_and_shown(url: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        from_url(url, "DATABASE_URL")
    assert SECRET not in error.value.message


@pytest.mark.parametrize(
    "url",
    ["postgresql:///db@x", "postgresql://u:p@h/db@x", "postgresql://h/db?application_name=a@b/c"],
)
def test_an_at_sign_behind_the_host_stays_where_it_is(url: str) -> None:
    read = from_url(url, "DATABASE_URL").parameters
    assert read.get("host", "h") == "h"
    assert read.get("dbname", "db") in ("db", "db@x")


def test_nothing_that_libpq_knows_is_dropped() -> None:
    assert {name for name in parameters.DROPPED if name in parameters.NATIVE} == set()
