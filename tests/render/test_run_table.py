"""What `sweeper run` shows to a user: tables, a bar on a terminal, and no control characters."""

import json
import re
import sys

import pexpect

from tests.helpers.app_database import AppDatabase
from tests.helpers.command import neutral_environment
from tests.helpers.first_app import a_bit_of_everything
from tests.helpers.golden import check_golden
from tests.helpers.paths import REPOSITORY

COLOR = re.compile(r"\x1b\[[0-9;]*?(?:3[0-8]|4[0-8]|9[0-7])[0-9;]*m")


def on_a_terminal(database: AppDatabase, *flags: str, **environment: str) -> tuple[str, int]:
    """All that `sweeper run` writes to a terminal of 100 columns, by the real clock, and its exit code."""
    kept = neutral_environment()
    kept.pop("NO_COLOR", None)
    program = pexpect.spawn(
        sys.executable,
        ["-m", "sweeper", "run", *flags],
        cwd=str(REPOSITORY),
        env={**kept, "TERM": "xterm-256color", **database.environment, **environment},
        dimensions=(40, 100),
        encoding="utf-8",
        timeout=30,
    )
    text = program.read()
    program.close()
    return text, program.exitstatus


def test_the_table_of_a_dry_run(first: AppDatabase) -> None:
    """By reason, by age, the largest, what is and would be on hold and why, the caps' rest, what the floor hides."""
    a_bit_of_everything(first)
    first.session("old hold", account=None)
    first.run("--session", "old hold")
    first.session("long", "queued", account="u2", models=6, created="2026-06-01")
    ran = first.sweeper("run", "--dry-run", "--max-amount", "8", "--max-credits", "17")
    assert (ran.exit_code, ran.stderr) == (0, "")
    check_golden("run_dry_run.txt", ran.stdout)


def test_the_table_of_a_run(first: AppDatabase) -> None:
    """By reason, then what needs a user, what is left and why."""
    a_bit_of_everything(first)
    caps = ("--max-amount", "8", "--max-credits", "9")
    planned = first.run("--dry-run", *caps).document
    ran = first.sweeper("run", *caps)
    assert (ran.exit_code, planned["outcome"], planned["remaining"]) == (4, "capped", 1)
    check_golden("run.txt", ran.stdout)


def test_a_cap_that_leaves_only_what_has_to_go_on_hold_says_so(first: AppDatabase) -> None:
    """It does not report as owed what no run would pay."""
    first.account()
    first.session("a")
    first.session("b", models=9, created="2026-11-23 11:00")
    ran = first.sweeper("run", "--max-amount", "8", "--max-refunds", "1", "--batch-size", "1")
    assert ran.exit_code == 4, ran.stdout
    assert "A cap stopped the run (max_refunds): what is left has to go on hold" in ran.stdout


def test_the_cap_that_stopped_a_run_is_named(first: AppDatabase) -> None:
    first.account()
    first.session("a", models=3)
    first.session("b", models=3)
    first.configure("[policy]", "[policy]\nmax_credits = 4")
    ran = first.sweeper("run", "--max-refunds", "5")
    assert "A cap stopped the run (max_credits): 1 session still owed." in ran.stdout
    assert ran.stdout.rstrip().endswith("for one run: `sweeper run --max-credits N`.")


def test_long_ids_are_shown_whole(first: AppDatabase) -> None:
    """An id that does not fit is folded, never cut: somebody will copy it."""
    first.account("u-" + "b" * 60)
    first.session("s-" + "a" * 60, account="u-" + "b" * 60)
    shown = first.sweeper("run", "--dry-run").stdout
    assert "…" not in shown
    assert (shown.count("a" * 20), shown.count("b" * 20)) >= (1, 1)
    assert sum(line.count("aaa") for line in shown.splitlines()) >= 18


def test_a_terminal_gets_a_bar_and_readable_lines(first: AppDatabase) -> None:
    """On a terminal: a bar that goes away, a short line for each refund, the table; a line when nothing was owed."""
    first.account()
    for number in range(30):
        first.session(f"s{number:02}", created="2021-01-01")
    shown, code = on_a_terminal(first, "--batch-size", "1")
    assert code == 0
    assert "Refunding" in shown
    assert re.search(r"\d+/30", shown)
    line = r"prediction_session_credits_refunded s\d\d: 3 credits to u1, workflow_failure\r\n"
    assert len(re.findall(line, shown)) == 30
    assert "Refunded 30 sessions: 90 credits to 1 account." in shown
    assert COLOR.search(shown)
    shown, code = on_a_terminal(first)
    assert (code, shown.count("Nothing to refund.")) == (0, 1)


def test_no_color_is_respected(first: AppDatabase) -> None:
    """NO_COLOR takes the colors from the bar, the log and the tables."""
    first.account()
    first.session("s1", created="2021-01-01")
    for flags in (("--dry-run",), ()):
        shown, code = on_a_terminal(first, *flags, NO_COLOR="1")
        assert code == 0
        assert "efund" in shown
        assert not COLOR.search(shown)


def test_the_apps_text_cannot_give_orders_to_a_terminal(first: AppDatabase) -> None:
    """Escape sequences, markup and line breaks in ids come out as plain characters; JSON escapes them."""
    evil = "s\x1b]0;owned\x07\x1b[2J\r\n\u202e[bold]x[/bold]\x9b31m"
    first.account(f"u{evil}")
    first.session(evil, account=f"u{evil}", created="2021-01-01")
    first.session(f"h{evil}", account=None, created="2021-01-01")
    first.session("short\x1b[2J\u202e\x9b31m", account=f"u{evil}", created="2021-01-01")
    for flags in (("--dry-run",), ()):
        shown, _ = on_a_terminal(first, *flags)
        assert "owned" in shown
        assert "short" in shown
        assert "[bold]x[/bold]" in shown
        for order in ("\x1b]0", "\x07", "\x1b[2J", "\u202e", "\x9b"):
            assert order not in shown
    piped = first.sweeper("run", "--dry-run").stdout
    assert "owned" in piped  # on hold, such as
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", piped)
    document = first.run("--dry-run").stdout
    assert json.loads(document)["schema_version"] == 1
    assert document.isascii()
