"""The program that keeps the demo's PostgreSQL server: it starts it, waits for one word, and cleans up.

It runs in a session of its own. It creates the folder, starts the server and then waits for one word on its standard
input. That pipe ends with the caller, however the caller ends (SIGKILL included), so the server and its folder cannot
outlive the caller unless it has said ``keep``. It needs the standard library alone.
"""

import json
import os
import pwd
import secrets
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

# Nothing here has to survive a crash of the machine, so speed wins over safety.
SETTINGS = dict.fromkeys(("fsync", "synchronous_commit", "full_page_writes"), "off")
SETTINGS |= {"shared_buffers": "64MB", "max_connections": "100"}
SETTINGS |= {"timezone": "UTC", "log_timezone": "UTC"}


class ServerError(Exception):
    """The PostgreSQL server could not be found, started or stopped."""


@dataclass(frozen=True)
class Server:
    """A PostgreSQL server that accepts connections on 127.0.0.1.

    ``url`` holds the superuser's password, ``folder`` all the server wrote, ``pid`` its postmaster.
    """

    url: str
    folder: Path
    pid: int

    def stop(self) -> None:
        """End the server (SIGINT, a fast shutdown) and remove its folder; a second call is a no-op.

        Raises ServerError when it does not end within 30 seconds or the folder cannot be removed.
        """
        # The lock file goes when postgres ends: without it the pid may be another process's by now.
        if _lock_file(self.folder)[:1] == [str(self.pid)]:
            _end(self.pid)
        _remove(self.folder)


def _supervise(tree: str, settings: dict[str, str], parent: int) -> None:
    """The supervisor's life: start, report a line of JSON or the error, await a word, clean up."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _leave)
    try:
        server = _start(Path(tree), settings)
    except (ServerError, OSError, subprocess.SubprocessError) as error:
        os.write(1, str(error).encode())
        return
    word = b""
    try:
        os.write(1, json.dumps(vars(server), default=str).encode() + b"\n")
        # A fork of the caller may hold the pipe open after the caller's death: so look at both.
        while os.getppid() == parent:
            if select.select([0], [], [], 0.2)[0]:
                word = os.read(0, 16)
                break
            _gone(server.pid)  # stop() in the caller cannot see the end before we reap it
    finally:
        if word != b"keep":
            server.stop()


def _leave(number: int, _frame: object) -> None:
    signal.signal(number, signal.SIG_IGN)  # a second signal must not cut the cleaning up short
    sys.exit(128 + number)


def _start(tree: Path, settings: Mapping[str, str]) -> Server:
    folder = Path(tempfile.mkdtemp(prefix="sweeper-"))
    try:
        with (folder / "log").open("ab+", buffering=0) as log:
            return _start_in(folder, tree, settings, log)
    except BaseException:
        _remove(folder)
        raise


def _start_in(folder: Path, tree: Path, settings: Mapping[str, str], log: IO[bytes]) -> Server:
    password = secrets.token_urlsafe(24)
    (folder / "password").touch(mode=0o600)
    (folder / "password").write_text(password)
    # Of the environment only this: SQL can read it, and the caller's may hold secrets. TZ spares
    # initdb a search. Not the caller's working folder: it may be closed to the other account.
    env = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
    how: dict[str, Any] = {"cwd": folder, "env": env, "stdout": log, "stderr": log}
    how |= {"stdin": subprocess.DEVNULL, **(account := _account())}
    try:
        programs = (_usable(tree, folder, how) if account else tree) / "bin"
        # Only now, with all files made, the folder changes hands: so root follows no link in it.
        for path in (*folder.rglob("*"), folder) if account else ():
            os.chown(path, account["user"], account["group"], follow_symlinks=False)
        options = "-U postgres -A scram-sha-256 -E UTF8 --locale=C --no-sync --pwfile=password"
        initdb = [str(programs / "initdb"), *options.split(), f"--pgdata={folder / 'data'}"]
        subprocess.run(initdb, check=True, timeout=120, **how)
        (folder / "password").unlink()
        pid, port = _launch(programs / "postgres", folder, settings, how)
    except subprocess.CalledProcessError as error:
        log.seek(0)
        last = log.read().decode(errors="replace").splitlines()[-10:]
        raise ServerError("\n".join([f"{error.cmd[0]} failed:", *last])) from None
    return Server(f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres", folder, pid)


def _account() -> dict[str, Any]:
    """The subprocess arguments of an unprivileged account: postgres refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    for name in ("nobody", "nfsnobody", "daemon"):
        with suppress(KeyError):
            found = pwd.getpwnam(name)
            return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}
    raise ServerError("postgres cannot run as root, and there is no user nobody to run it as")


def _usable(tree: Path, folder: Path, how: Mapping[str, Any]) -> Path:
    """``tree``, or its copy in ``folder`` when the account cannot run it (a venv below /root)."""
    try:
        for name in ("postgres", "initdb"):
            subprocess.run([tree / "bin" / name, "--version"], check=True, **how)
        return tree
    except (PermissionError, subprocess.CalledProcessError):
        # The binaries look for their libraries relative to themselves: keep the wheel's layout.
        site = tree.parent.parent
        for part in (tree, tree.parent / ".dylibs", tree.parent.with_suffix(".libs")):
            if part.is_dir():
                unused = shutil.ignore_patterns("include", "*.a")
                shutil.copytree(part, folder / "wheel" / part.relative_to(site), ignore=unused)
        return folder / "wheel" / tree.relative_to(site)


def _launch(postgres: Path, folder: Path, settings: Mapping[str, str], how: Mapping[str, Any]) -> tuple[int, int]:
    """Start postgres and wait until it is ready: returns its process id and its TCP port."""
    log: IO[bytes] = how["stdout"]
    for attempt in range(1, 6):
        port = str(_free_port())
        fixed = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": ""}
        chosen = SETTINGS | dict(settings) | fixed
        options = [f"--{name}={value}" for name, value in chosen.items()]
        log.truncate(0)
        command = [str(postgres), "-D", str(folder / "data"), *options]
        process = subprocess.Popen[bytes](command, start_new_session=True, **how)
        try:
            if _ready(process, folder):
                return process.pid, int(port)
        except BaseException:
            _end(process.pid)
            raise
        log.seek(0)
        # Only a port that was taken since we looked is worth another try.
        if attempt == 5 or b"Address already in use" not in log.read():
            break
    raise subprocess.CalledProcessError(process.returncode, command)


def _ready(process: subprocess.Popen[bytes], folder: Path) -> bool:
    """True once postgres accepts connections, False when it ended before that."""
    end = time.monotonic() + 30
    while process.poll() is None:
        if [line.strip() for line in _lock_file(folder)[7:8]] == ["ready"]:
            return True
        if time.monotonic() > end:
            raise ServerError("postgres was not ready within 30 seconds")
        time.sleep(0.01)
    return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _lock_file(folder: Path) -> list[str]:
    """The lines of postgres' own lock file (process id first, status eighth); [] without one."""
    try:
        return (folder / "data" / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return []


def _end(pid: int) -> None:
    for number in (signal.SIGINT, signal.SIGQUIT):  # fast shutdown, then the immediate one
        end = time.monotonic() + 15
        with suppress(ProcessLookupError):
            os.kill(pid, number)
        while time.monotonic() < end:
            if _gone(pid):
                return
            time.sleep(0.01)
    raise ServerError(f"postgres (process {pid}) did not end within 30 seconds")


def _gone(pid: int) -> bool:
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)  # as its parent we must reap it, or it stays as a zombie
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    # A container whose first process reaps no orphans keeps zombies: these have ended as well.
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    return False


def _remove(folder: Path) -> None:
    end = time.monotonic() + 5
    while folder.exists():  # more than once: a helper of a killed initdb may still be writing
        shutil.rmtree(folder, ignore_errors=True)
        if time.monotonic() > end:
            raise ServerError(f"could not remove {folder}")
        time.sleep(0.01)


if __name__ == "__main__":
    _supervise(*json.loads(sys.argv[1]))
