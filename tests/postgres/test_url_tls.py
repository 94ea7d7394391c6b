"""What a URL says about TLS is never weakened: it is translated, or an error."""

from pathlib import Path

import pytest
from psycopg import pq

from sweeper.postgres import parameters, tls
from sweeper.postgres.connection import from_url


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("sslaccept=strict&sslcert=ca.pem", {"sslmode": "verify-full", "sslrootcert": "ca.pem"}),
        ("sslmode=require&sslaccept=strict&sslcert=ca.pem", {"sslmode": "verify-full", "sslrootcert": "ca.pem"}),
        ("sslaccept=whatever&sslrootcert=ca.pem", {"sslmode": "verify-full", "sslrootcert": "ca.pem"}),
        ("sslaccept=strict", {"sslmode": "verify-full", "sslrootcert": "system"}),
        ("sslmode=disable&sslaccept=strict", {"sslmode": "disable"}),
        ("sslmode=require&sslaccept=accept_invalid_certs", {"sslmode": "require"}),
    ],
)
def test_prismas_strict_verifies_the_certificate(query: str, expected: dict[str, str]) -> None:
    kept = {"SSL_CERT_FILE": "a"}  # then `system` stays as it is
    assert from_url(f"postgresql://h/db?{query}", "DATABASE_URL", kept).parameters == {
        "host": "h",
        "dbname": "db",
        **expected,
    }


@pytest.mark.parametrize(
    ("query", "mode"),
    [
        ("ssl=true", "verify-full"),
        ("SSL=TRUE", "verify-full"),
        ("ssl=", "verify-full"),
        ("ssl", "verify-full"),
        ("ssl=false", "prefer"),
        ("ssl=1", "prefer"),  # as Java's parseBoolean reads it
        ("ssl=true&sslmode=require", "require"),
        ("ssl=true&sslfactory=org.postgresql.ssl.NonValidatingFactory", "require"),
    ],
)
def test_ssl_of_a_jdbc_url_means_what_it_means_to_pgjdbc(query: str, mode: str) -> None:
    assert from_url(f"jdbc:postgresql://h/db?{query}", "DATABASE_URL").parameters["sslmode"] == mode


def test_ssl_of_any_other_url_means_what_it_means_to_libpq() -> None:
    assert from_url("postgresql://h/db?ssl=true", "DATABASE_URL").parameters["sslmode"] == "require"


@pytest.mark.skipif(pq.__impl__ != "binary", reason="this libpq has the system's own OpenSSL")
def test_the_systems_roots_are_the_file_that_this_machine_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = tmp_path / "roots.pem"
    bundle.touch()
    monkeypatch.setattr(tls, "_BUNDLES", (str(tmp_path / "none.pem"), str(bundle)))
    system = {"sslrootcert": "system"}
    found = {"sslmode": "verify-full", "sslrootcert": str(bundle)}
    assert tls.with_system_roots(system, {}) == found
    assert tls.with_system_roots(system, {"SSL_CERT_FILE": "mine.pem"}) == system
    assert tls.with_system_roots({**system, "sslmode": "require"}, {}) == {**system, "sslmode": "require"}


def test_nothing_about_tls_is_dropped() -> None:
    dropped = {name for name in parameters.DROPPED if name.startswith("ssl") or "tls" in name or "cert" in name}
    assert dropped == set()
