"""Charts as SVG without styles of their own: the page that they stand in gives them its colors, light or dark."""

import sys
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import Any

import pygal
from markupsafe import Markup

from sweeper.core.results import Amount
from sweeper.core.text import printable

# the library leaves an import hook for plug-ins behind, about which Python warns at every later import
sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__module__ != "pygal"]

_BARS, _REASONS, _LABELS, _LETTERS = 62, 8, 6, 28
_DAYS = {"day": 1, "week": 7, "month": 31, "year": 366}  # at most
_WIDTH, _HEIGHT, _ROW = 720, 210, 28


def buckets(by_day: Mapping[str, Amount]) -> tuple[str, list[tuple[str, Amount]]]:
    """Amounts by day, week, month or year, whichever is the finest that a chart has room for, without gaps."""
    days = {date.fromisoformat(day): amount for day, amount in by_day.items()}
    if not days:
        return "day", []
    first, last = min(days), max(days)
    name = next((name for name, length in _DAYS.items() if (last - first).days // length < _BARS), "year")
    known = sorted(_bucket(name, day) for day in days)
    amounts = dict.fromkeys(_between(name, known[0], known[-1]), Amount())
    for start, group in groupby(sorted(days), key=lambda day: _bucket(name, day)):
        amounts[start] = sum((days[day] for day in group), Amount())
    return name, [(_called(name, start), amount) for start, amount in amounts.items()][-_BARS:]


def _bucket(name: str, day: date) -> date:
    if name == "week":
        return day - timedelta(days=day.weekday())
    if name == "month":
        return day.replace(day=1)
    return day.replace(month=1, day=1) if name == "year" else day


def _between(name: str, first: date, last: date) -> list[date]:
    found = [first]
    while found[-1] < last:
        found.append(_bucket(name, found[-1] + timedelta(days=_DAYS[name])))
    return found


def _called(name: str, start: date) -> str:
    return {"month": start.isoformat()[:7], "year": str(start.year)}.get(name, start.isoformat())


def columns(amounts: Sequence[tuple[str, Amount]]) -> Markup:
    """Credits as columns side by side."""
    chart = _chart(pygal.Bar, height=_HEIGHT, show_minor_x_labels=False, truncate_label=-1, max_scale=6)
    every = -(-len(amounts) // _LABELS)
    chart.x_labels = [name for name, _ in amounts]
    chart.x_labels_major = [name for name, _ in amounts[::every]]
    chart.add("", [float(amount.credits) for _, amount in amounts])
    return _svg(chart)


def rows(amounts: Mapping[str, Amount]) -> Markup:
    """Sessions as bars one below the other, the longest first."""
    shown = list(amounts.items())[:_REASONS]
    chart = _chart(pygal.HorizontalBar, height=_ROW * (len(shown) + 1), max_scale=3)
    chart.x_labels = [_short(printable(name)) for name, _ in reversed(shown)]
    chart.add("", [amount.sessions for _, amount in reversed(shown)])
    return _svg(chart)


def _short(name: str) -> str:
    return name if len(name) <= _LETTERS else name[: _LETTERS - 1] + "…"


def _chart(kind: Any, **options: object) -> Any:
    return kind(
        js=(), css=(), width=_WIDTH, margin=4, spacing=6, show_legend=False, no_prefix=True, zero=0,
        disable_xml_declaration=True, value_formatter=lambda value: f"{value:,.10g}", no_data_text="", **options,
    )  # fmt: skip


def _svg(chart: Any) -> Markup:
    chart.add_xml_filter(_plain)
    return Markup(chart.render(is_unicode=True))  # noqa: S704 - the library escapes what it is given


def _plain(root: Any) -> Any:
    """The bare drawing: no styles, no script and its texts, no comments with hosts and the date."""
    root.attrib.pop("id", None)
    root.set("role", "img")
    for parent in list(root.iter()):
        for child in list(parent):
            drawn = isinstance(child.tag, str) and not child.tag.endswith(("defs", "title", "desc"))
            if not drawn or "tooltip-overlay" in child.get("class", ""):
                parent.remove(child)
    return root
