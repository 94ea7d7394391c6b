"""From the environment to connection parameters, without ever showing them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

import psycopg
from psycopg import conninfo

from sweeper.core.errors import ConfigurationError

VARIABLES = ("SWEEPER_DATABASE_URL", "DATABASE_URL")

# Prisma keeps its own settings in the URL; libpq refuses parameters that it does not know.
# Source: Prisma's documentation of PostgreSQL connection URLs.
_IGNORED = frozenset(
    [
        "connection_limit",
        "pgbouncer",
        "pool_timeout",
        "schema",
        "sslaccept",
        "sslidentity",
        "sslpassword",
        "socket_timeout",
        "statement_cache_size",
        "max_idle_connection_lifetime",
        "max_connection_lifetime",
        "single_use_connections",
    ]
)


@dataclass(frozen=True)
class Connection:
    """Where the database is: libpq parameters, kept out of ``repr``, and Prisma's schema when it names one."""

    parameters: Mapping[str, str] = field(repr=False)
    schema: str | None = None


def from_environment(environment: Mapping[str, str]) -> Connection:
    """Read the connection settings: SWEEPER_DATABASE_URL, then DATABASE_URL, then libpq's own variables.

    Raises:
        ConfigurationError: there are none, or the URL is not one for Postgres. The message never holds the URL.
    """
    for variable in VARIABLES:
        if environment.get(variable, "").strip():
            return from_url(environment[variable].strip(), variable)
    if any(environment.get(name) for name in ("PGHOST", "PGHOSTADDR", "PGSERVICE", "PGDATABASE", "PGPORT", "PGUSER")):
        return Connection({})
    raise ConfigurationError(
        "no connection settings: set SWEEPER_DATABASE_URL or DATABASE_URL (postgresql://user@host/database), "
        "or libpq's PGHOST, PGDATABASE, PGUSER or PGSERVICE",
        code="no_connection_settings",
    )


def from_url(url: str, variable: str) -> Connection:
    """Read one URL, or one libpq ``key=value`` string.

    Raises:
        ConfigurationError: it is not one for Postgres; the message names ``variable``, never the value.
    """
    scheme, separator, rest = url.partition("://")
    scheme = scheme.lower()
    if separator and (scheme == "prisma" or scheme.startswith("prisma+")):
        raise ConfigurationError(
            f"{variable} is a prisma:// URL: that is a proxy that speaks Prisma's own protocol, not Postgres; "
            "give sweeper the direct postgresql:// URL (often DIRECT_URL)",
            code="connection_settings",
        )
    if separator and scheme.split("+")[0] not in ("postgres", "postgresql"):
        raise ConfigurationError(f"{variable} is not a postgresql:// URL", code="connection_settings")
    schema = None
    if separator:
        url, schema = _without_prisma_parameters(f"postgresql://{rest}")
    try:
        parameters = {key: str(value) for key, value in conninfo.conninfo_to_dict(url).items() if value is not None}
    except (psycopg.Error, ValueError):
        # libpq's message repeats what it could not read, which may be a part of the password
        raise ConfigurationError(
            f"{variable} is not a valid connection URL: special characters in the password must be "
            "percent-encoded, and only libpq's parameters may follow the question mark",
            code="connection_settings",
        ) from None
    parameters.pop("application_name", None)  # sweeper says its own
    return Connection(parameters, schema)


def _without_prisma_parameters(url: str) -> tuple[str, str | None]:
    """The URL for libpq, and Prisma's schema.

    Everything else stays as it is, letter by letter: several hosts, none, sockets and passwords of any kind are
    libpq's business, and not what Python's parser makes of a URL.
    """
    # as in libpq, a question mark before the @ is a part of the password
    start = url.index("://") + 3
    at, slash = url.find("@", start), url.find("/", start)
    address = at if at >= 0 and (slash < 0 or at < slash) else start
    mark = url.find("?", address)
    if mark < 0:
        return url, None
    pairs = [pair for pair in url[mark + 1 :].split("&") if pair]
    values = {unquote(key): unquote(value) for key, _, value in (pair.partition("=") for pair in pairs)}
    ignored = _IGNORED if "sslidentity" in values else _IGNORED - {"sslpassword"}
    kept = [pair for pair in pairs if unquote(pair.partition("=")[0]) not in ignored]
    return url[:mark] + ("?" + "&".join(kept) if kept else ""), values.get("schema") or None
