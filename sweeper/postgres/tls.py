"""What a URL says about TLS in the words of another program, and where this machine keeps its root certificates.

Nothing here makes a connection less safe than its URL asks for: what libpq cannot do is an error.
"""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, unquote

from psycopg import pq

Pair = tuple[str, str]
"""A name and its value, both as the URL has them."""

# Go's list, https://cs.opensource.google/go/go/+/master:src/crypto/x509/root_linux.go, and macOS'
_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
)


def without_prismas_words(pairs: list[Pair]) -> list[Pair]:
    """The parameters of a URL with those that Prisma's own TLS library reads translated into libpq's.

    To Prisma `sslcert` is the root certificate of the server, and every `sslaccept` but `accept_invalid_certs` means
    that the server's certificate is verified.

    Raises:
        ValueError: it names a client certificate in Prisma's form. The message begins with the parameter's name.
    """
    names = {unquote(name) for name, _ in pairs}
    if "sslidentity" in names:
        raise ValueError(
            "sslidentity names a PKCS #12 file, which libpq cannot read: give libpq's sslcert, sslkey and sslrootcert"
        )
    if "sslaccept" not in names:
        return pairs
    values = {unquote(name): unquote(value) for name, value in pairs}
    rest = [(name, value) for name, value in pairs if unquote(name) not in ("sslaccept", "sslcert")]
    root = values.get("sslrootcert") or values.get("sslcert")
    if values["sslaccept"] != "accept_invalid_certs" and values.get("sslmode") != "disable":
        rest = [(name, value) for name, value in rest if unquote(name) != "sslmode"]
        rest.append(("sslmode", "verify-full"))
        root = root or "system"
    if root and "sslrootcert" not in names:
        rest.append(("sslrootcert", quote(root)))
    return rest


def without_javas_words(pairs: list[Pair]) -> list[Pair]:
    """The parameters of a ``jdbc:`` URL with pgjdbc's ``ssl`` translated into libpq's ``sslmode``.

    There ``ssl`` that is true, or has no value, verifies certificate and host name, as long as no ``sslmode`` is given
    (https://jdbc.postgresql.org/documentation/ssl/); to libpq it is no more than ``require``. What else it may be is
    false, which leaves it at ``prefer``. The factory that trusts any certificate takes precedence over ``ssl``.
    """
    names = {unquote(name).lower() for name, _ in pairs}
    rest = [(name, value) for name, value in pairs if unquote(name).lower() != "ssl"]
    if len(rest) == len(pairs) or names & {"sslmode", "sslfactory"}:
        return rest
    asked = any(unquote(value).lower() in ("", "true") for name, value in pairs if unquote(name).lower() == "ssl")
    return [*rest, ("sslmode", "verify-full" if asked else "prefer")]


def with_system_roots(parameters: dict[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    """The parameters with ``sslrootcert=system`` replaced by the file with this machine's root certificates.

    The libpq of psycopg's wheel has an OpenSSL of its own, which looks for them in a folder that no machine has.
    """
    if parameters.get("sslrootcert") != "system" or pq.__impl__ != "binary" or environment.get("SSL_CERT_FILE"):
        return parameters
    if parameters.get("sslmode", "verify-full") != "verify-full":
        return parameters  # libpq refuses it, and says why
    bundle = next((path for path in _BUNDLES if Path(path).is_file()), "system")
    return {**parameters, "sslmode": "verify-full", "sslrootcert": bundle}
