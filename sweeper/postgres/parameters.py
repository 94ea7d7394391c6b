"""The parameters that frameworks and hosts add to a connection URL, and what is done with each.

libpq refuses parameters that it does not know. Those of other programs are dropped here (they set that program's own
pool, cache or driver, or what every transaction of ours sets for itself), translated into libpq's words, or refused by
name.
One that has to do with TLS and is not in this table is never dropped.
"""

from collections.abc import Mapping, Sequence

from psycopg import pq

NATIVE = frozenset(option.keyword.decode() for option in pq.Conninfo.get_defaults())

# Prisma 2 to 6: https://www.prisma.io/docs/orm/v6/overview/databases/postgresql ("Arguments"). It keeps settings of its
# pool in the URL. What it says about TLS is in tls.py.
_PRISMA = """
connection_limit pgbouncer pool_timeout schema socket_timeout statement_cache_size max_idle_connection_lifetime
max_connection_lifetime single_use_connections
"""
# Vercel's integrations of Supabase and Neon, as they write POSTGRES_URL: https://vercel.com/marketplace/supabase
_VERCEL = "supa workaround pgbouncer"
# Rails: https://guides.rubyonrails.org/configuring.html#configuring-a-database, and the keys that Active Record takes
# from a URL for itself (ActiveRecord::DatabaseConfigurations::HashConfig, PostgreSQLAdapter)
_RAILS = """
pool max_connections min_connections max_age keepalive pool_jitter checkout_timeout idle_timeout reaping_frequency
prepared_statements statement_limit advisory_locks encoding min_messages reconnect insert_returning database_tasks
schema_dump migrations_paths query_cache adapter replica
"""
# Symfony and Doctrine DBAL: https://symfony.com/doc/current/doctrine.html,
# https://www.doctrine-project.org/projects/doctrine-dbal/en/4.2/reference/configuration.html
_DOCTRINE = "serverversion charset persistent default_dbname driver"
# Laravel, which lays a URL's parameters over the connection's settings:
# https://github.com/laravel/framework/blob/12.x/src/Illuminate/Support/ConfigurationUrlParser.php
_LARAVEL = "prefix prefix_indexes"
# Django: https://github.com/jazzband/dj-database-url and https://django-environ.readthedocs.io/en/latest/types.html
_DJANGO = """
conn_max_age conn_health_checks disable_server_side_cursors atomic_requests autocommit time_zone
"""
# node-postgres: https://node-postgres.com/apis/client, https://node-postgres.com/apis/pool, and its parser, of which
# `uselibpqcompat` asks for what libpq does by itself:
# https://github.com/brianc/node-postgres/tree/master/packages/pg-connection-string; postgres.js: https://github.com/porsager/postgres#connection-details
_NODE = """
uselibpqcompat max min max_lifetime prepare fetch_types idletimeoutmillis connectiontimeoutmillis query_timeout
keepalive keepaliveinitialdelaymillis allowexitonidle maxuses binary debug
"""
# pgx: https://pkg.go.dev/github.com/jackc/pgx/v5#ParseConfig, https://pkg.go.dev/github.com/jackc/pgx/v5/pgxpool#ParseConfig,
# lib/pq's `binary_parameters`: https://pkg.go.dev/github.com/lib/pq, and Bun's timeouts: https://bun.uptrace.dev/postgres/
_GO = """
pool_max_conns pool_min_conns pool_min_idle_conns pool_max_conn_lifetime pool_max_conn_lifetime_jitter
pool_max_conn_idle_time pool_health_check_period pool_ping_timeout default_query_exec_mode statement_cache_capacity
statement_cache_mode description_cache_capacity min_read_buffer_size binary_parameters disable_prepared_binary_result
dial_timeout read_timeout write_timeout
"""
# sqlx: https://docs.rs/sqlx/latest/sqlx/postgres/struct.PgConnectOptions.html
_RUST = "statement-cache-capacity"
# SQLAlchemy with asyncpg: https://docs.sqlalchemy.org/en/20/dialects/postgresql.html#module-sqlalchemy.dialects.postgresql.asyncpg
_PYTHON = "prepared_statement_cache_size prepared_statement_name_func async_fallback command_timeout"
# Ecto: https://hexdocs.pm/ecto_sql/Ecto.Adapters.Postgres.html#module-connection-options
_ECTO = "pool_size pool_count queue_target queue_interval timeout idle_interval idle_limit"
# pgjdbc: https://jdbc.postgresql.org/documentation/use/#connection-parameters
_JDBC = """
applicationname preparethreshold preparedstatementcachequeries preparedstatementcachesizemib defaultrowfetchsize
logintimeout sockettimeout tcpkeepalive rewritebatchedinserts stringtype binarytransfer autosave preferquerymode
logunclosedconnections loggerlevel reademptypassword assumeminserverversion cleanupsavepoints adaptivefetch
maxresultbuffer hostrecheckseconds
"""
# Settings that a connection may start with. Every transaction of ours sets these for itself alone: a pooler keeps none
# of them, and a timeout for the app's short queries would stop an index build.
# https://www.postgresql.org/docs/current/runtime-config-client.html
_SET_BY_US = """
statement_timeout lock_timeout idle_in_transaction_session_timeout transaction_timeout timezone datestyle intervalstyle
"""
_HARMLESS = (
    _PRISMA, _VERCEL, _RAILS, _DOCTRINE, _LARAVEL, _DJANGO, _NODE, _GO, _RUST, _PYTHON, _ECTO, _JDBC, _SET_BY_US,
)  # fmt: skip
DROPPED = frozenset(" ".join(_HARMLESS).split())

# libpq's own words for TLS: https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-SSLMODE-STATEMENTS
_MODES = {mode: mode for mode in ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")}
# node-postgres: TLS with any certificate, which is libpq's `require`
_SSLMODE = {**_MODES, "no-verify": "require"}
# `ssl=true` is `sslmode=require` to libpq itself, which knows no other value of it; Ecto and asyncpg have the same key.
# What pgjdbc means by it is in tls.py. https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS
_SSL = {
    **_SSLMODE,
    **dict.fromkeys(("true", "1", "on"), "require"),
    **dict.fromkeys(("false", "0", "off"), "disable"),
}
# pgjdbc: a class that accepts any certificate. The others read a Java keystore.
_SSLFACTORY = {"org.postgresql.ssl.nonvalidatingfactory": "require"}
# pgjdbc's targetServerType
_TARGETS = {
    "any": "any", "primary": "primary", "master": "primary", "secondary": "standby", "slave": "standby",
    "preferSecondary": "prefer-standby", "preferSlave": "prefer-standby",
}  # fmt: skip
_BALANCING = {"true": "random", "false": "disable"}

TRANSLATED: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "ssl": ("sslmode", _SSL),
    "sslmode": ("sslmode", _SSLMODE),
    "ssl-mode": ("sslmode", _SSLMODE),  # sqlx
    "ssl_mode": ("sslmode", _SSLMODE),  # Medusa: https://docs.medusajs.com/learn/configurations/medusa-config
    "sslfactory": ("sslmode", _SSLFACTORY),
    "targetservertype": ("target_session_attrs", {key.lower(): value for key, value in _TARGETS.items()}),
    "loadbalancehosts": ("load_balance_hosts", _BALANCING),
}
# the same under another name: pgjdbc's timeout, also in seconds, asyncpg's database, and sqlx's certificates
RENAMED = {
    "connecttimeout": "connect_timeout",
    "database": "dbname",
    "ssl-root-cert": "sslrootcert",
    "ssl-ca": "sslrootcert",
    "ssl-cert": "sslcert",
    "ssl-key": "sslkey",
}
# where names without a schema are looked up: Postgres' own (pgx, Ecto, lib/pq), pgjdbc's and Rails' word for it
SEARCH_PATHS = ("search_path", "currentschema", "schema_search_path")
KNOWN = {*NATIVE, *DROPPED, *TRANSLATED, *RENAMED, *SEARCH_PATHS}


def is_dropped(name: str) -> bool:
    """Whether a parameter, in lower case, means nothing to libpq and to sweeper.

    golang-migrate's begin with ``x-`` (https://github.com/golang-migrate/migrate/tree/master/database/postgres), and
    Rails' `variables[…]` are settings of a session.
    """
    return name in DROPPED or name.startswith(("x-", "variables["))


def merge_hosts(hosts: Sequence[str]) -> tuple[str, str]:
    """libpq's lists of hosts and of ports for a host that is given several times, each with or without its port.

    SQLAlchemy: https://docs.sqlalchemy.org/en/20/dialects/postgresql.html#specifying-multiple-fallback-hosts
    """
    # a folder with a socket, or an IPv6 address, has colons of its own
    split = [(host, "", "") if host.startswith("/") or host.count(":") > 1 else host.partition(":") for host in hosts]
    ports = [port for _, _, port in split]
    return ",".join(host for host, _, _ in split), ",".join(ports) if any(ports) else ""


def parse_search_path(value: str) -> tuple[str, ...]:
    """The schemas that a search path names, as the server reads it: folded to lower case where they are not quoted.

    Raises:
        ValueError: it names ``$user``, which is another schema for each role.
    """
    parts = [part.strip() for part in value.split(",") if part.strip()]
    names = [part[1:-1].replace('""', '"') if part.startswith('"') else part.lower() for part in parts]
    if names == ["$user", "public"]:  # the server's default
        return ()
    if "$user" in names:
        raise ValueError("names $user: name the schema itself")
    return tuple(dict.fromkeys(names))


def translate(name: str, value: str) -> tuple[str, str]:
    """libpq's parameter and its value for one of another program, both in its own spelling.

    Raises:
        ValueError: the value has no counterpart. The message does not repeat it.
    """
    target, values = TRANSLATED[name]
    if value.lower() not in values:
        raise ValueError("has a value that sweeper cannot translate for libpq")
    return target, values[value.lower()]
