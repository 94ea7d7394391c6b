"""Reports the start and the end of a run; an endpoint or a service that is slow or unreachable never stops a run."""

import time
from collections.abc import Callable, Iterator, Sequence
from threading import Thread
from typing import Any

from sweeper.config.model import MonitoringSection
from sweeper.core.results import RunReport
from sweeper.monitoring.notice_services import send, services
from sweeper.monitoring.notices import Notice

# for all endpoints together, at the end of a run; the database connection is closed before
TIMEOUT_SECONDS = 2.0
# for a trial, while a user waits
TRIAL_SECONDS = 10.0


class Monitor:
    """The endpoints of one run. Each gets its report in a thread that is abandoned if it takes too long."""

    def __init__(self, section: MonitoringSection) -> None:
        self._section = section
        self._start: Thread | None = None
        self._problems: dict[str, str] = {}

    @property
    def counts(self) -> bool:
        """Whether any endpoint wants metrics."""
        return self._section.textfile is not None or self._section.pushgateway is not None

    def started(self) -> None:
        """Report that a run begins, without waiting for the result."""
        if self._section.ping:
            self._start = self._send("ping", lambda: self._ping("start", ""))

    def ended(self, report: RunReport, *, urls: Sequence[str] = (), notices: Sequence[Notice] = ()) -> dict[str, str]:
        """Report how it ended, and send ``notices`` to ``urls``; returns the endpoints that failed, with reasons."""
        reading = self._services(urls) if notices else []
        return self._wait_for([*self._send_all(report), *self._send_to_people(reading, notices)], TIMEOUT_SECONDS)

    def try_out(self, urls: Sequence[str], notice: Notice) -> list[str | None]:
        """Send a message to each URL; why each failed, or None."""
        threads = self._send_to_people(services(urls), [notice])
        problems = self._wait_for(threads, TRIAL_SECONDS)
        return [problems.get(name) for name, _ in threads]

    def _wait_for(self, threads: Sequence[tuple[str, Thread]], seconds: float) -> dict[str, str]:
        deadline = time.monotonic() + seconds
        for name, thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
            if thread.is_alive():
                self._problems[name] = "timeout"
        return dict(self._problems)

    def _send_all(self, report: RunReport) -> Iterator[tuple[str, Thread]]:
        section = self._section
        if section.textfile:
            yield "textfile", self._send("textfile", lambda: self._write(report))
        if section.pushgateway:
            yield "pushgateway", self._send("pushgateway", lambda: self._push(report))
        if section.ping:
            yield "ping", self._send("ping", lambda: self._finish(report))

    def _services(self, urls: Sequence[str]) -> list[Any]:
        try:
            return services(urls)
        except Exception as error:  # whatever goes wrong in a library that only reports the run
            self._problems["notify"] = type(error).__name__
            return []

    def _send_to_people(self, reading: Sequence[Any], notices: Sequence[Notice]) -> list[tuple[str, Thread]]:
        def started(place: int, service: Any) -> tuple[str, Thread]:
            name = f"notify.urls.{place}"
            return name, self._send(name, lambda: send(service, notices))

        return [started(place, service) for place, service in enumerate(reading)]

    def _send(self, name: str, work: Callable[[], None]) -> Thread:
        def send() -> None:
            try:
                work()
            except Exception as error:  # an error here never stops the run
                self._problems[name] = _why(error)

        thread = Thread(target=send, daemon=True)
        thread.start()
        return thread

    def _write(self, report: RunReport) -> None:
        from sweeper.monitoring.metrics import write

        assert self._section.textfile is not None  # noqa: S101 - only then is this asked for
        write(report, path=self._section.textfile, app=self._section.app)

    def _push(self, report: RunReport) -> None:
        from sweeper.monitoring.metrics import push

        gateway = str(self._section.pushgateway)
        push(report, gateway=gateway, app=self._section.app, timeout_seconds=TIMEOUT_SECONDS)

    def _finish(self, report: RunReport) -> None:
        if self._start:  # the end must not overtake the start
            self._start.join(TIMEOUT_SECONDS)
        self._ping(str(report.exit_code), report.summary)

    def _ping(self, what: str, body: str) -> None:
        from urllib.request import Request, urlopen

        url = f"{self._section.ping}/{what}"
        request = Request(url, data=body.encode(), method="POST")  # noqa: S310 - the settings let only http in
        with urlopen(request, timeout=TIMEOUT_SECONDS):  # noqa: S310
            pass


def _why(error: Exception) -> str:
    """What went wrong, never the message of the error, which may repeat the URL."""
    status, cause = getattr(error, "code", None), getattr(error, "reason", None)
    return (
        f"HTTP {status}" if isinstance(status, int) else type(cause if isinstance(cause, OSError) else error).__name__
    )
