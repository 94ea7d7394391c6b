"""The HTML report of an audit, in a real browser: nothing overflows, runs or comes from outside."""

import html
import json
import re
import shutil
import subprocess
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sweeper.audit.result import PLACES, AccountTotal, AuditResult, Finding, Period, Position, TimeToRefund
from sweeper.core.results import Amount, Rate
from sweeper.render.html.report import report
from tests.helpers.app_database import AppDatabase
from tests.helpers.audits import FORGED, LATER, audit
from tests.helpers.command import NOW

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-sync",
)  # fmt: skip
POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')
# what the browser made of the page: how wide it is, what sticks out, what was fetched
PROBE = """<script>
addEventListener("load", () => {
  const wide = document.documentElement.clientWidth, out = [];
  for (const part of document.querySelectorAll("body *")) {
    const box = part.getBoundingClientRect();
    if (box.right > wide + 1 || box.left < -1) out.push(part.tagName + " " + part.textContent.slice(0, 40));
  }
  for (const text of document.querySelectorAll("svg text")) {
    const box = text.getBoundingClientRect(), frame = text.ownerSVGElement.getBoundingClientRect();
    if (box.right > frame.right + 1 || box.left < frame.left - 1) out.push("svg text " + text.textContent);
  }
  document.title = JSON.stringify({
    wide, scroll: document.documentElement.scrollWidth, out, fetched: performance.getEntriesByType("resource").length,
    charts: document.querySelectorAll("svg rect.rect").length, scripts: document.scripts.length,
    paper: getComputedStyle(document.body).backgroundColor,
  });
});
</script></body>"""


def amount(sessions: int, credits: str) -> Amount:
    return Amount(sessions, Decimal(credits))


def overfull() -> AuditResult:
    """An audit with everything that could break a page: long words, markup, turned text, very large numbers."""
    nasty = "<script>document.title = 'hacked'</script>\"'&" + "\u202e" + "W" * 90
    huge = "123456789012345678901234567890.123456789"
    days = {str(date(2026, 9, 1) + timedelta(days=day)): amount(day % 7, str(day * 9999)) for day in range(60)}
    return AuditResult(
        as_of=NOW,
        since=NOW - timedelta(days=90),
        until=NOW,
        period=Period(
            refunded=amount(10**9, huge),
            reversed=amount(3, "1.5"),
            adopted=amount(5, "7"),
            by_reason={nasty: amount(99_999_999, huge), "stuck": amount(5, "1")},
            by_layer={nasty: amount(1, "1"), "sweeper": amount(10**9, huge)},
            by_day=days,
            time_to_refund=TimeToRefund(900, 5000, 10**7),
            largest_accounts=tuple(AccountTotal(f"{nasty}{number}", amount(3, huge)) for number in range(10)),
        ),
        rate=Rate(120, 2.3, nasty),
        position=Position(dict.fromkeys(PLACES, amount(10**9, huge)), 99_999.5),
        findings=(Finding("held", 123_456, (nasty, *[f"{nasty}{number}" for number in range(4)]), nasty, nasty),),
        integer_amounts=False,
    )


def rendered(page: str, folder: Path, *flags: str) -> dict[str, Any]:
    """What the browser says of a page."""
    assert CHROMIUM
    assert POLICY.search(page)
    (folder / "page.html").write_text(POLICY.sub("", page).replace("</body>", PROBE), encoding="utf-8")
    dumped = subprocess.run(
        [CHROMIUM, *FLAGS, f"--user-data-dir={folder / 'browser'}", "--virtual-time-budget=5000", *flags,
         "--dump-dom", (folder / "page.html").as_uri()],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    (title,) = re.findall(r"<title>(.*?)</title>", dumped.stdout, re.DOTALL)
    found: dict[str, Any] = json.loads(html.unescape(title))
    return found


needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no chromium here")


@needs_chromium
@pytest.mark.parametrize("width", [500, 800, 1400])
def test_nothing_overflows_and_nothing_comes_from_outside(tmp_path: Path, width: int) -> None:
    """Also with the longest words and the largest numbers; what stands in the data is text and nothing else."""
    seen = rendered(report(overfull()), tmp_path, f"--window-size={width},900")
    assert width - 30 <= seen["wide"] <= width
    assert (seen["out"], seen["scroll"]) == ([], seen["wide"])
    assert (seen["fetched"], seen["scripts"]) == (0, 1), "but for the probe's own"
    assert seen["charts"] > 60


@needs_chromium
def test_dark_is_dark_and_light_is_light(tmp_path: Path) -> None:
    page = report(overfull())
    light = rendered(page, tmp_path, "--blink-settings=preferredColorScheme=1")
    dark = rendered(page, tmp_path, "--blink-settings=preferredColorScheme=0")
    assert (light["paper"], dark["paper"]) == ("rgb(255, 255, 255)", "rgb(20, 24, 29)")


@needs_chromium
def test_it_prints(tmp_path: Path) -> None:
    assert CHROMIUM
    (tmp_path / "page.html").write_text(report(overfull()), encoding="utf-8")
    subprocess.run(
        [CHROMIUM, *FLAGS, f"--user-data-dir={tmp_path / 'browser'}", f"--print-to-pdf={tmp_path / 'page.pdf'}",
         (tmp_path / "page.html").as_uri()],
        capture_output=True, timeout=120, check=True,
    )  # fmt: skip
    assert (tmp_path / "page.pdf").read_bytes().startswith(b"%PDF")


def test_the_file_names_no_other_and_runs_nothing() -> None:
    """No address but that of the SVG namespace, no script, and nothing of the day on which it was made."""
    page = report(overfull())
    assert set(re.findall(r"\w+://[^\s\"'<]+", page)) == {"http://www.w3.org/2000/svg"}
    assert "<script" not in page
    assert "\u202e" not in page
    assert page == report(overfull())
    assert not re.search(r"\s(on\w+|src|href|style)=", page)


def test_the_report_shows_the_numbers_of_the_document(first: AppDatabase, tmp_path: Path) -> None:
    """Every figure of the JSON document, to the credit, and every finding with its ids."""
    first.account()
    for number in range(3):
        first.session(f"s{number}", models=1111 + number)
    first.run("--max-refunds", "2")
    first.sql(FORGED, "<i>=cmd</i>", 4, "adopted", None, NOW - timedelta(days=3))
    document = audit(first).document
    target = tmp_path / "report.html"
    ran = first.sweeper("audit", "--format", "html", "--output", str(target), now=LATER)
    assert (ran.exit_code, ran.stdout) == (5, "")
    page = target.read_text(encoding="utf-8")
    assert document["period"]["refunded"] == {"sessions": 2, "credits": 2223}
    for shown in ("2,223", "1,113", "owed_overdue", "<code>s2</code>", "3,336", "2026-11-23"):
        assert shown in page
    assert [path.name for path in tmp_path.iterdir() if "report" in path.name] == ["report.html"]


def test_an_empty_ledger_has_a_report(first: AppDatabase) -> None:
    ran = first.sweeper("audit", "--format", "html")
    assert ran.exit_code == 0
    assert "No findings." in ran.stdout
