"""From the environment to connection parameters, without ever showing them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from urllib.parse import quote, unquote

import psycopg
from psycopg import conninfo

from sweeper.core.errors import ConfigurationError
from sweeper.postgres import parameters, tls

VARIABLES = ("SWEEPER_DATABASE_URL", "DATABASE_URL")

# the schemes of URLs for Postgres: libpq's own two, SQLAlchemy's with a driver after a plus (below), GeoDjango's
# and Rails' PostGIS adapter, Doctrine's and dj-database-url's `pgsql`, dj-database-url's Timescale, django-environ's
# `psql`, Phoenix, golang-migrate's pgx
_SCHEMES = (
    "postgres", "postgresql", "postgis", "pgsql", "pdo-pgsql", "timescale", "timescalegis", "psql", "ecto", "pgx",
    "pgx5",
)  # fmt: skip
# what the console of a host, or a line of a .env file, has before a URL
_BEFORE_URL = re.compile(r".*[\s=]['\"]?postgres(?:ql)?", re.DOTALL)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.\[\]-]{0,63}")
# https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-KEYWORD-VALUE
_PAIR = re.compile(
    r"\s*(?P<name>[A-Za-z_]+)\s*=\s*(?:'(?P<quoted>(?:[^'\\]|\\.)*)'|(?P<bare>(?:[^\s'\\]|\\.)(?:[^\s\\]|\\.)*))?\s*",
    re.DOTALL,
)
_ESCAPED, _LETTER = re.compile(r"\\(.)", re.DOTALL), r"\1"


@dataclass(frozen=True)
class Connection:
    """Where the database is: libpq parameters, kept out of ``repr``, and where the URL says to look up bare names."""

    parameters: Mapping[str, str] = field(repr=False)
    schemas: tuple[str, ...] = ()

    @property
    def schema(self) -> str | None:
        """The first schema of the search path; a Prisma URL names only one."""
        return self.schemas[0] if self.schemas else None


def from_environment(environment: Mapping[str, str]) -> Connection:
    """Read the connection settings: SWEEPER_DATABASE_URL, then DATABASE_URL, then libpq's own variables.

    Raises:
        ConfigurationError: there are no settings, or the URL is not one for Postgres. The message never has the URL.
    """
    for variable in VARIABLES:
        if environment.get(variable, "").strip():
            return from_url(environment[variable].strip(), variable, environment)
    if any(environment.get(name) for name in ("PGHOST", "PGHOSTADDR", "PGSERVICE", "PGDATABASE", "PGPORT", "PGUSER")):
        return Connection({})
    raise ConfigurationError(
        "no connection settings: set SWEEPER_DATABASE_URL or DATABASE_URL (postgresql://user@host/database), "
        "or libpq's PGHOST, PGDATABASE, PGUSER or PGSERVICE",
        code="no_connection_settings",
    )


def from_url(url: str, variable: str, environment: Mapping[str, str] | None = None) -> Connection:
    """Read one URL, or one libpq ``key=value`` string.

    Raises:
        ConfigurationError: it is not one for Postgres; the message names ``variable``, never the value.
    """
    scheme, separator, rest = url.partition("://")
    of_java = scheme.lower().startswith("jdbc:")
    if separator:
        _require_postgres(scheme.lower(), variable)
        url = f"postgresql://{_with_encoded_login(rest, variable)}"
    else:
        url = _as_url(url, variable)
    url, schemas = _for_libpq(url, variable, of_java=of_java)
    try:
        read = {key: str(value) for key, value in conninfo.conninfo_to_dict(url).items() if value is not None}
    except (psycopg.Error, ValueError):
        raise _invalid(variable) from None
    for ours in ("application_name", "client_encoding"):  # sweeper sets its own
        read.pop(ours, None)
    return Connection(tls.with_system_roots(read, environment or {}), schemas)


def _as_url(pairs: str, variable: str) -> str:
    """A string of libpq's ``key=value`` pairs as a URL, so that the same parameters are understood in both."""
    if ";" in pairs:
        raise ConfigurationError(
            f"{variable} looks like the form of Npgsql or PDO, with semicolons: write it as "
            "postgresql://user@host/database",
            code="connection_settings",
        )
    if pairs.strip() and "=" not in pairs:  # such as Prisma's file:./dev.db, for SQLite
        raise ConfigurationError(f"{variable} is not a postgresql:// URL", code="connection_settings")
    found = [(match, match["quoted"] or match["bare"] or "") for match in _PAIR.finditer(pairs)]
    if "".join(match[0] for match, _ in found) != pairs:
        raise _invalid(variable)
    written = "&".join(f"{match['name']}={quote(_ESCAPED.sub(_LETTER, value), safe='')}" for match, value in found)
    return f"postgresql://?{written}"


def _invalid(variable: str) -> ConfigurationError:
    # libpq's message repeats what it could not read, which may be a part of the password
    return ConfigurationError(
        f"{variable} is not a valid connection URL: special characters in the password must be percent-encoded "
        "(/ as %2F, ? as %3F, a space as %20)",
        code="connection_settings",
    )


def _require_postgres(scheme: str, variable: str) -> None:
    if scheme[:1] in ("'", '"'):
        raise ConfigurationError(
            f"{variable} begins with a quotation mark: remove both (`docker run --env-file` keeps them)",
            code="connection_settings",
        )
    if scheme == "prisma" or scheme.startswith("prisma+"):
        raise ConfigurationError(
            f"{variable} is a prisma:// URL: that is a proxy that speaks Prisma's own protocol, not Postgres; "
            "give sweeper the direct postgresql:// URL (often DIRECT_URL)",
            code="connection_settings",
        )
    if _BEFORE_URL.fullmatch(scheme):
        raise ConfigurationError(
            f"{variable} begins with something other than a URL, such as `psql` or `DATABASE_URL=`: take it away",
            code="connection_settings",
        )
    if scheme.removeprefix("jdbc:").split("+")[0] not in _SCHEMES:
        raise ConfigurationError(f"{variable} is not a postgresql:// URL", code="connection_settings")


def _with_encoded_login(rest: str, variable: str) -> str:
    """A URL without its scheme, with each bare @ in the password percent-encoded.

    Frameworks take the last @ before the path for the end of the login, as do the parsers of WHATWG, Python and Go, and
    libpq takes the first: it would look for a host that has a part of the password in its name. A bare slash ends the
    password for all of them.

    Raises:
        ConfigurationError: there is a bare slash in the password.
    """
    first, slash = rest.find("@"), rest.find("/")
    if 0 <= slash < first:
        if ":" in rest[:slash] and "@" in rest.partition("?")[0]:
            raise _invalid(variable)
        return rest
    end = min((at for at in (slash, rest.find("?", first)) if at >= 0), default=len(rest))
    last = rest.rfind("@", 0, end)
    return rest[:last].replace("@", "%40") + rest[last:] if last > first else rest


def _for_libpq(url: str, variable: str, *, of_java: bool) -> tuple[str, tuple[str, ...]]:
    """The URL with the parameters that libpq knows, and the schemas that it names.

    Everything before the question mark stays as it is, letter by letter: several hosts, none, sockets and passwords of
    any kind are for libpq to read, not for Python's parser of URLs.
    """
    # as in libpq, a question mark before the @ is a part of the password
    start = url.index("://") + 3
    at, slash = url.find("@", start), url.find("/", start)
    address = at if at >= 0 and (slash < 0 or at < slash) else start
    mark = url.find("?", address)
    if mark < 0:
        return url, ()
    query = url[mark + 1 :]
    pairs = [pair.partition("=")[::2] for pair in query.split("&") if pair]
    pairs = tls.without_javas_words(pairs) if of_java else pairs
    # if an @ follows, this may be the end of a password with a bare question mark in it: then nothing is shown
    read = _Query(pairs, variable, may_be_shown="@" not in query)
    kept = read.kept()
    return url[:mark] + ("?" + "&".join(kept) if kept else ""), read.schemas


class _Query:
    """The part after the question mark."""

    def __init__(self, pairs: list[tls.Pair], variable: str, *, may_be_shown: bool) -> None:
        self._variable = variable
        self._may_be_shown = may_be_shown
        try:
            self._pairs = tls.without_prismas_words(pairs)
        except ValueError as error:
            raise self._refused(*str(error).split(" ", 1)) from None
        self._values = {unquote(name): unquote(value) for name, value in self._pairs}
        prisma = self._values.get("schema")
        self.schemas: tuple[str, ...] = (prisma,) if prisma else ()

    def kept(self) -> list[str]:
        """The parameters for libpq."""
        hosts = [unquote(value) for name, value in self._pairs if unquote(name) == "host"]
        if len(hosts) < 2:
            return [one for name, value in self._pairs for one in self._kept(name, value)]
        names, ports = parameters.merge_hosts(hosts)  # libpq would use only the last one
        rest = [one for name, value in self._pairs if unquote(name) != "host" for one in self._kept(name, value)]
        return [f"host={quote(names)}", *([f"port={quote(ports)}"] if ports else []), *rest]

    def _kept(self, written: str, raw: str) -> list[str]:
        """The parameters for libpq from one ``name=value``: itself, its translation, or nothing."""
        name, value = unquote(written), unquote(raw)
        key = name.lower()
        raw = raw.replace("=", "%3D")  # which libpq refuses in a value
        try:
            if key in parameters.SEARCH_PATHS:
                self.schemas = parameters.parse_search_path(value) or self.schemas
                return []
            if key in parameters.TRANSLATED and value:
                return self._translated(key, value)
        except ValueError as error:
            raise self._refused(name, str(error)) from None
        if key in parameters.RENAMED:
            return [f"{parameters.RENAMED[key]}={raw}"]
        if key in parameters.NATIVE:  # pgjdbc has some of libpq's with capital letters
            return [f"{key}={raw}"]
        if parameters.is_dropped(key):
            return []
        near = get_close_matches(key, sorted(parameters.KNOWN), n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise self._refused(name, f"is a parameter that neither libpq nor sweeper knows{hint}")

    def _translated(self, key: str, value: str) -> list[str]:
        target, meant = parameters.translate(key, value)
        # libpq's own word for it takes precedence, as it does for pgjdbc and node-postgres
        return [] if key != target and target in self._values else [f"{target}={quote(meant)}"]

    def _refused(self, name: str, why: str) -> ConfigurationError:
        shown = name if self._may_be_shown and _NAME.fullmatch(name) else "something after the question mark"
        return ConfigurationError(f"{self._variable}: {shown} {why}", code="connection_settings")
