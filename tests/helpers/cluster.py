"""A primary with a standby that takes over."""

import os
import shlex
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from sweeper.demo import server as embedded
from tests.helpers.own_server import DEADLINE_SECONDS, start_program, until
from tests.helpers.server import Server


@dataclass
class Member:
    """One server of a cluster."""

    data: Path
    url: str
    pid: int
    process: subprocess.Popen[bytes] | None = None
    number: int = 0

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.url.rpartition(":")[2].partition("/")[0])

    def sql(self, statement: str) -> Any:
        """Send one statement; the first value that comes back."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(statement)
            row = cursor.fetchone() if cursor.description else None
            return row and row[0]

    def kill(self) -> None:
        """What a machine that fails does: postmaster and backends are gone from one moment to the next."""
        with psycopg.connect(self.url) as connection:
            pids = [pid for (pid,) in connection.execute("SELECT pid FROM pg_stat_activity")]
        for pid in (self.pid, *pids):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._wait()

    def stop(self) -> None:
        """A fast shutdown, as for a switchover: connections are ended, the standby gets all that was written."""
        os.kill(self.pid, signal.SIGINT)
        self._wait()

    def _wait(self) -> None:
        if self.process:
            self.process.wait(DEADLINE_SECONDS)
        until(lambda: not self.listens, "the server ends")

    @property
    def listens(self) -> bool:
        """Whether anybody takes connections there."""
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
            return True
        return False


@dataclass
class Cluster:
    """A primary that acknowledges only what a standby has written to its own log, and that standby."""

    primary: Member
    programs: Path
    standby: Member | None = None
    server: Server = field(default_factory=lambda: Server(""))
    _number: int = 0

    def complete(self) -> None:
        """Give the primary a standby, when it has none."""
        if self.standby is None:
            self._number += 1
            with socket.create_server(("127.0.0.1", 0)) as probe:
                port = probe.getsockname()[1]
            data = self.primary.data.parent / f"standby{self._number}"
            copy = [self.programs / "pg_basebackup", "--checkpoint=fast", "--no-sync", "--write-recovery-conf"]
            copying = start_program(
                [*map(str, copy), f"--dbname={self.primary.url}", f"--pgdata={data}"], self.primary.data
            )
            assert copying.wait(DEADLINE_SECONDS) == 0
            url = self.primary.url.replace(f":{self.primary.port}/", f":{port}/")
            self.standby = Member(data, url, 0)
            self._start(self.standby)
        self.primary.sql("ALTER SYSTEM SET synchronous_standby_names = '*'")
        self.primary.sql("SELECT pg_reload_conf()")
        until(lambda: self.primary.sql("SELECT sync_state FROM pg_stat_replication") == "sync", "a standby follows")
        self.server.url = self.url(self.primary, self.standby)

    def url(self, *members: Member) -> str:
        """One URL for several, that leads to the one that takes writes."""
        address, _, rest = members[0].url.partition("@")
        hosts = ",".join(f"127.0.0.1:{member.port}" for member in members)
        return f"{address}@{hosts}/{rest.partition('/')[2]}?target_session_attrs=read-write"

    def _start(self, member: Member) -> None:
        how = shlex.split((self.primary.data / "postmaster.opts").read_text())
        changed = {str(self.primary.data): str(member.data), f"--port={self.primary.port}": f"--port={member.port}"}
        member.process = start_program([changed.get(word, word) for word in how], member.data)
        member.pid = member.process.pid
        until(lambda: member.listens, "the server starts")

    def cut(self) -> None:
        """Nothing reaches the standby any more: the primary goes on until it commits, and there it waits."""
        assert self.standby
        self.standby.sql("ALTER SYSTEM SET primary_conninfo = ''")
        self.standby.sql("SELECT pg_reload_conf()")
        until(lambda: not self.primary.sql("SELECT count(*) FROM pg_stat_replication"), "the standby is cut off")

    def release(self) -> None:
        """Commits wait for no standby any more."""
        self.primary.sql("ALTER SYSTEM RESET synchronous_standby_names")
        self.primary.sql("SELECT pg_reload_conf()")

    def fall_behind(self) -> None:
        """As with asynchronous replication: nothing reaches the standby any more, and the primary does not mind."""
        self.release()
        self.cut()

    def promote(self) -> None:
        """Make the standby the primary; it waits for no standby of its own."""
        assert self.standby
        assert self.standby.sql("SELECT pg_promote()")
        self.primary, self.standby = self.standby, None

    def fail_over(self) -> None:
        """The primary's machine fails, the standby takes over."""
        failed = self.primary
        failed.kill()
        self.promote()
        shutil.rmtree(failed.data)  # before the kernel takes the trouble to write it to a disk

    def switch_over(self) -> None:
        """The two change places, in good order."""
        old = self.primary
        old.sql("ALTER SYSTEM RESET synchronous_standby_names")  # for the day that it is promoted again
        old.stop()
        self.promote()
        (old.data / "standby.signal").touch()
        with (old.data / "postgresql.auto.conf").open("a") as settings:
            settings.write(f"primary_conninfo = '{psycopg.conninfo.make_conninfo(self.primary.url)}'\n")
        self.standby = old
        self._start(old)


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A primary and its standby, gone afterwards with all servers that took their place."""
    # what was committed must outlive a failover; the embedded server's own settings are for data that may be lost
    with embedded.running(18, settings={"synchronous_commit": "on", "wal_init_zero": "off"}) as first:
        data = first.folder / "data"
        programs = Path((data / "postmaster.opts").read_text().split()[0]).parent
        made = Cluster(Member(data, first.url, first.pid), programs)
        try:
            yield made
        finally:
            for member in (made.standby, made.primary):
                if member and member.process and member.process.poll() is None:
                    member.process.send_signal(signal.SIGQUIT)
                    member.process.wait(DEADLINE_SECONDS)
