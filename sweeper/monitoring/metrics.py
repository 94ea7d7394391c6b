"""The metrics of a run for Prometheus: gauges of the last run, and of the last that succeeded."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, pushadd_to_gateway, write_to_textfile
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.parser import text_string_to_metric_families

from sweeper.core.results import RunReport

HELP = {
    "sweeper_last_run_timestamp_seconds": "When the last run ended.",
    "sweeper_last_success_timestamp_seconds": "When the last run ended that looked at everything owed.",
    "sweeper_last_run_exit_code": "Exit code of the last run.",
    "sweeper_run_duration_seconds": "How long the last run took.",
    "sweeper_owed_sessions": "Sessions that were still owed after the last run.",
    "sweeper_oldest_owed_age_seconds": "For how long the oldest of them had been owed.",
    "sweeper_held_sessions": "Sessions on hold, which wait for a decision.",
    "sweeper_refunded_sessions": "Sessions that the last run refunded.",
    "sweeper_refunded_credits": "Credits that the last run refunded.",
}
_BY_REASON = ("sweeper_refunded_sessions", "sweeper_refunded_credits")
_JOB = "sweeper"


class _Families:
    """A collector of existing families."""

    def __init__(self, families: Iterable[GaugeMetricFamily]) -> None:
        self._families = tuple(families)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        return iter(self._families)


def push(report: RunReport, *, gateway: str, app: str | None, timeout_seconds: float) -> None:
    """Add to what the gateway has: metrics that this run does not have, such as the last success, stay there."""
    pushadd_to_gateway(
        gateway,
        job=_JOB,
        registry=_registry(_families(report, app)),
        grouping_key={"app": app} if app else None,
        timeout=timeout_seconds,
    )


def write(report: RunReport, *, path: Path, app: str | None) -> None:
    """Replace the file as a whole, keeping metrics that this run does not have."""
    families = _families(report, app)
    names = {family.name for family in families}
    kept = [family for family in _read(path) if family.name in HELP and family.name not in names]
    write_to_textfile(str(path), _registry([*families, *kept]))


def _registry(families: Iterable[GaugeMetricFamily]) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(_Families(families))
    return registry


def _families(report: RunReport, app: str | None) -> list[GaugeMetricFamily]:
    names, values = (["app"], [app]) if app else ([], [])
    families = []
    for name, value in _values(report).items():
        family = GaugeMetricFamily(name, HELP[name], labels=[*names, *(["reason"] if name in _BY_REASON else [])])
        if isinstance(value, dict):
            for reason, number in sorted(value.items()):
                family.add_metric([*values, reason], number)
        else:
            family.add_metric(values, value)
        families.append(family)
    return families


def _values(report: RunReport) -> dict[str, Any]:
    values: dict[str, Any] = {
        "sweeper_last_run_timestamp_seconds": report.ended_at.timestamp(),
        "sweeper_last_run_exit_code": report.exit_code,
        "sweeper_run_duration_seconds": report.duration_seconds,
    }
    if report.succeeded:
        values["sweeper_last_success_timestamp_seconds"] = report.ended_at.timestamp()
    if report.refunded is not None:
        values["sweeper_refunded_sessions"] = {reason: one.sessions for reason, one in report.refunded.items()}
        values["sweeper_refunded_credits"] = {reason: float(one.credits) for reason, one in report.refunded.items()}
    if report.backlog is not None:
        values["sweeper_owed_sessions"] = report.backlog.sessions
        values["sweeper_oldest_owed_age_seconds"] = report.backlog.oldest_seconds
        values["sweeper_held_sessions"] = report.backlog.held
    return values


def _read(path: Path) -> list[GaugeMetricFamily]:
    """The gauges in the file; empty if it is missing, or is not such a file."""
    kept = []
    try:
        for family in text_string_to_metric_families(path.read_text(encoding="utf-8")):
            copy = GaugeMetricFamily(family.name, family.documentation)
            copy.samples = list(family.samples)
            kept.append(copy)
    except (OSError, ValueError):
        return []
    return kept
