"""An audit as one self-contained HTML file, for a browser and for paper."""

from pathlib import Path

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup, escape

from sweeper.audit.result import AuditResult
from sweeper.core.results import Amount
from sweeper.core.text import printable
from sweeper.render import audit_words
from sweeper.render.html.charts import buckets, columns, rows
from sweeper.render.words import number, plural

_TEMPLATE = Path(__file__).with_name("report.html.jinja")


def report(result: AuditResult) -> str:
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, finalize=_harmless, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"number": number, "coded": _coded}
    period = result.period
    bucket, amounts = buckets(period.by_day)
    return environment.from_string(_TEMPLATE.read_text(encoding="utf-8")).render(
        result=result,
        period=period,
        as_of=audit_words.minute(result.as_of),
        since=audit_words.minute(result.since),
        until=audit_words.minute(result.until),
        since_day=result.since.date(),
        until_day=result.until.date(),
        findings_line=audit_words.findings_line(result),
        rate_line=audit_words.rate_line(result.rate),
        waits_line=audit_words.waits_line(period.time_to_refund),
        oldest_line=audit_words.oldest_line(result.position.oldest_owed_seconds),
        figures=_figures(result),
        bucket=bucket,
        chart_of_days=columns(amounts) if len(amounts) > 1 else "",
        chart_of_reasons=rows(period.by_reason) if period.by_reason else "",
        lost_line=audit_words.lost_line(result.position) if result.position.lost else "",
        lost=[(f"{each.month} {each.reason}", each.amount) for each in result.position.lost],
        days=[(name, amount) for name, amount in amounts if amount.sessions],
        largest_accounts=[(account.account_id, account.refunded) for account in period.largest_accounts],
        places=[(audit_words.PLACE_NAMES[place], amount) for place, amount in result.position.places.items()],
    )


def _harmless(value: object) -> object:
    """The app's own text without characters that are invisible or turn the direction; autoescape does the rest."""
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _coded(text: str) -> Markup:
    """The text with what is between backticks as code."""
    parts = (
        f"<code>{escape(part)}</code>" if odd % 2 else escape(part)
        for odd, part in enumerate(printable(text).split("`"))
    )
    return Markup("").join(map(Markup, parts))


def _figures(result: AuditResult) -> list[tuple[str, str, str]]:
    def figure(name: str, amount: Amount) -> tuple[str, str, str]:
        return name, number(amount.credits), f"credits, {plural(amount.sessions, 'session')}"

    places = result.position.places
    return [
        figure("refunded in the period", result.period.refunded),
        figure("taken back in the period", result.period.reversed),
        figure("owed now", places["owed"]),
        figure("on hold now", places["held"]),
    ]
