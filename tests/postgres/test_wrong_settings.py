"""Connection settings that cannot be used: said at once, by the parameter's name, and never tried again."""

import contextlib
import socket
import threading
from pathlib import Path

import pytest
import stamina
from psycopg import conninfo

from tests.helpers.app_database import AppDatabase
from tests.helpers.command import Ran

SECRET = "s3cret"


def run_with(database: AppDatabase, settings: dict[str, str], **environment: str) -> Ran:
    """A run whose settings are those of the test's server but for these."""
    known = {} if "service" in settings else conninfo.conninfo_to_dict(database.url)
    made = conninfo.make_conninfo(**{**known, **settings})
    return database.sweeper("run", "--json", SWEEPER_DATABASE_URL=made, **environment)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"port": "abc"}, "port is not a whole number"),
        ({"port": "99999"}, "port is not a number from 1 to 65535"),
        ({"host": "a,b", "port": "1,2,3"}, "port lists more or fewer than host does"),
        ({"connect_timeout": "soon"}, "connect_timeout is not a whole number"),
        ({"keepalives": "yes"}, "keepalives is not a whole number"),
        ({"target_session_attrs": "writable"}, "target_session_attrs has a value that libpq does not know"),
        ({"channel_binding": SECRET}, "channel_binding has a value that libpq does not know"),
        ({"ssl_min_protocol_version": "3"}, "ssl_min_protocol_version has a value that libpq does not know"),
        ({"sslmode": "require", "sslrootcert": "system"}, "takes no other sslmode than verify-full"),
        ({"sslmode": "prefer", "sslnegotiation": "direct"}, "takes sslmode=require at least"),
        ({"hostaddr": "localhost"}, "hostaddr is not an IP address"),
        ({"host": f"/{'x' * 120}"}, "host is too long"),
    ],
)
def test_a_setting_that_libpq_refuses_is_named_and_not_tried_again(
    first: AppDatabase, settings: dict[str, str], said: str
) -> None:
    ran = run_with(first, settings)
    assert (ran.exit_code, ran.document["error"]["code"]) == (2, "connection_settings")
    assert said in ran.document["error"]["message"]
    assert "retrying" not in ran.stderr
    assert SECRET not in ran.stdout + ran.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "there is no service file where PGSERVICEFILE says"),
        ("[other]\nhost=h\n", "the service file has no service of this name"),
        (f"[prod]\npasswrd={SECRET}\n", "line 2 of the service file cannot be used"),
    ],
)
def test_a_service_that_cannot_be_read_is_said_at_once(
    first: AppDatabase, tmp_path: Path, text: str | None, said: str
) -> None:
    file = tmp_path / "services"
    if text is not None:
        file.write_text(text)
    ran = run_with(first, {"service": "prod"}, PGSERVICEFILE=str(file))
    assert (ran.exit_code, ran.document["error"]["code"]) == (2, "connection_settings")
    assert said in ran.document["error"]["message"]
    assert SECRET not in ran.stdout + ran.stderr


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"options": "-c nonsense=1"}, "does not take what options"),
        ({"options": "-c statement_timeout=soon"}, "does not take what options"),
        ({"require_auth": "gss"}, "asks for a login that require_auth"),
    ],
)
def test_what_the_server_refuses_of_them_is_not_tried_again(
    first: AppDatabase, settings: dict[str, str], said: str
) -> None:
    if "require_auth" in settings and not first.connection.info.password:
        pytest.skip("the given server asks for no password")
    ran = run_with(first, settings)
    assert (ran.exit_code, ran.document["error"]["code"]) == (1, "connection")
    assert said in ran.document["error"]["message"]
    assert "retrying" not in ran.stderr


def test_a_server_that_is_not_what_is_asked_for_is_waited_for(first: AppDatabase) -> None:
    with stamina.set_testing(True, attempts=2):
        ran = run_with(first, {"target_session_attrs": "standby"})
    assert "it is not what target_session_attrs asks for" in ran.document["error"]["message"]
    assert "retrying" in ran.stderr


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"sslmode": "verify-full", "sslrootcert": "{folder}/none.pem"}, "sslrootcert names no file"),
        ({"sslmode": "require", "sslcert": "{folder}/open", "sslkey": "{folder}/open"}, "TLS could not be agreed on"),
    ],
)
def test_a_file_for_tls_that_is_not_there_is_named(
    first: AppDatabase, tmp_path: Path, settings: dict[str, str], said: str
) -> None:
    """libpq looks for it once a server has agreed to TLS."""
    (tmp_path / "open").write_text("no certificate")
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def agree() -> None:
            with contextlib.suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    with client:
                        client.recv(8)
                        client.sendall(b"S")
                        client.recv(8)

        threading.Thread(target=agree, daemon=True).start()
        there = {name: value.format(folder=tmp_path) for name, value in settings.items()}
        port = str(listener.getsockname()[1])
        ran = run_with(first, {"host": "127.0.0.1", "port": port, "gssencmode": "disable", **there})
    assert said in ran.document["error"]["message"]
    assert "retrying" not in ran.stderr
