"""The figures as a plot."""

from collections.abc import Sequence

import pygal
from pygal.style import Style

from benchmarks.lab import Figure

_STYLE = Style(background="white", plot_background="white", colors=("#2f6f9f",), font_family="sans-serif")
_TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50)


def svg(figures: Sequence[Figure]) -> str:
    """A bar for each ratio, on a logarithmic scale: what is right of 1 is more than what it is compared with."""
    most = 1.1 * max(figure.ratio for figure in figures)
    chart = pygal.HorizontalBar(
        style=_STYLE, logarithmic=True, show_legend=False, print_values=True, width=1000, height=40 * len(figures) + 80,
        value_formatter=lambda value: f"{value:.2f}", js=(), pretty_print=True, disable_xml_declaration=True,
        truncate_label=-1, explicit_size=True, margin_left=10, zero=_TICKS[0],
        range=(_TICKS[0], most), y_labels=[tick for tick in _TICKS if tick <= most],
    )  # fmt: skip
    chart.x_labels = [figure.name for figure in reversed(figures)]
    chart.add("ratio", [figure.ratio for figure in reversed(figures)])
    return str(chart.render(is_unicode=True)) + "\n"
