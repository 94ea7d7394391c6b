"""Servers that speak Postgres's protocol and lack what a refund needs."""

import re

from sweeper.core.errors import ConfigurationError

# a word in version(), and what the server lacks
_LACKING = {
    "CockroachDB": "its SKIP LOCKED, its locks on rows and its indexes are not those of Postgres",
    "Aurora DSQL": "it has no triggers, no PL/pgSQL and no savepoints",
    "Redshift": "it does not enforce unique constraints, so nothing would stop a second refund",
    "Greenplum": "a unique index must contain the key by which a table is distributed",
}
# its version() is not documented, but the names of its endpoints are
_DSQL_ENDPOINT = re.compile(r"\.dsql(-[a-z0-9]+)?\.[a-z0-9-]+\.on\.aws\.?$")
_VERSION = re.compile(r"^(?:PostgreSQL|EnterpriseDB) (\d+)")


def postgres_version(said: str, host: str) -> tuple[int, ...]:
    """The major version of a server, from its version().

    Raises:
        ConfigurationError: it is not Postgres.
    """
    name = "Aurora DSQL" if _DSQL_ENDPOINT.search(host) else said
    for engine, why in _LACKING.items():
        if engine in name:
            raise ConfigurationError(f"{engine} is not supported: {why}", code="unsupported_server")
    found = _VERSION.match(said)
    if found is None:
        raise ConfigurationError(f"the server is {said[:40]!r}, not Postgres", code="unsupported_server")
    return (int(found[1]),)
