"""Connection settings that libpq itself rejects before it reaches a server: waiting does not fix them."""

import re

import psycopg

from sweeper.core.errors import ConfigurationError

# libpq's messages, which are always English, and psycopg's for its own copy of a timeout. Only the name of a parameter
# or a number in them is shown, never a value. Source: connectOptions2 and parseServiceInfo in fe-connect.c.
_SIGNS = tuple(
    (re.compile(sign, re.DOTALL), meaning)
    for sign, meaning in (
        (r'invalid integer value ".*" for connection option "(\w+)"', "{0} is not a whole number"),
        (r"bad value for (\w+): ", "{0} is not a whole number"),
        (r"invalid port number", "port is not a number from 1 to 65535"),
        (r'invalid "?(\w+)"? value: "', "{0} has a value that libpq does not know"),
        (r"weak sslmode .* sslrootcert=system", "sslrootcert=system takes no other sslmode than verify-full"),
        (r"weak sslmode .* sslnegotiation=direct", "sslnegotiation=direct takes sslmode=require at least"),
        (r"could not match \d+ port numbers", "port lists more or fewer than host does"),
        (r"could not match \d+ host names", "hostaddr lists more or fewer than host does"),
        (r"could not parse network address", "hostaddr is not an IP address"),
        (r"Unix-domain socket path .* is too long", "host is too long for the path of a socket"),
        (r"definition of service .* not found", "the service file has no service of this name"),
        (r"service file .* not found", "there is no service file where PGSERVICEFILE says"),
        (r"in service file .*, line (\d+)", "line {0} of the service file cannot be used"),
        (r"root certificate file .* does not exist", "sslrootcert names no file; the system's roots are `system`"),
        (r"private key file .*(not|access)", "sslkey must name a file that only this user may read"),
    )
)


def wrong_setting(error: psycopg.Error) -> ConfigurationError | None:
    """The error for settings that libpq rejects before it connects; None if it did connect, and failed."""
    text = str(error)
    for sign, meaning in _SIGNS:
        if found := sign.search(text):
            return ConfigurationError(
                f"the connection settings cannot be used: {meaning.format(*found.groups())}", code="connection_settings"
            )
    return None
