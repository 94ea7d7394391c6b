"""What revert, adopt, explain and history show to a user: the tables, the question, and what they never show."""

import re
import sys

import pexpect
import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.command import Ran, neutral_environment
from tests.helpers.golden import check_golden
from tests.helpers.paths import REPOSITORY
from tests.helpers.prisma_app import prisma_job

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
REAL_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z")


@pytest.fixture(autouse=True)
def _on_a_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "host")


def steady(text: str) -> str:
    """A text without what differs from one test run to the next."""
    text = UUID.sub("00000000-0000-0000-0000-000000000000", REAL_TIME.sub("<moment>", text))
    return "\n".join(re.sub(r"\S+ on host", "role on host", line).rstrip() for line in text.splitlines()) + "\n"


def asked(database: AppDatabase, answer: str, *words: str) -> tuple[str, int]:
    """All that a command writes to a terminal of 100 columns when it is answered so, and its exit code."""
    program = pexpect.spawn(
        sys.executable,
        ["-m", "sweeper", *words],
        cwd=str(REPOSITORY),
        env={**neutral_environment(), "TERM": "xterm-256color", "NO_COLOR": "1", **database.environment},
        dimensions=(40, 100),
        encoding="utf-8",
        timeout=30,
    )
    program.expect(r"\[y/N\]: ")
    before = program.before or ""
    program.send(answer)
    text = before + (program.read() or "")
    program.close()
    return text, program.exitstatus


def two_accounts(first: AppDatabase) -> str:
    """A run over two accounts, one of which has spent most of what it got."""
    first.account("u1", spent=50)
    first.account("u2")
    first.session("s1", models=3)
    first.session("s2", models=2)
    first.session("s3", account="u2", models=7)
    run_id = str(first.run().document["run_id"])
    first.sql("UPDATE users SET credits = 5 WHERE id = 'u2'")
    return run_id


def reverted(first: AppDatabase, *words: str) -> Ran:
    return first.sweeper("revert", "--reason", "wrong mapping", *words)


def test_the_table_of_a_revert_shows_its_exact_effect(first: AppDatabase) -> None:
    run_id = two_accounts(first)
    ran = reverted(first, "--run", run_id, "--dry-run")
    assert (ran.exit_code, ran.stderr) == (0, "")
    check_golden("revert_dry_run.txt", ran.stdout)
    ran = reverted(first, "--run", run_id, "--yes")
    assert ran.exit_code == 1
    check_golden("revert.txt", ran.stdout)


def test_the_table_of_an_adoption_shows_a_count_and_a_sample(first: AppDatabase) -> None:
    first.account()
    for number in range(7):
        first.session(f"s{number}", step="All models failed - credits refunded", models=number)
    first.session("null", models=None, step="All models failed - credits refunded")
    words = ("adopt", "--where", "step LIKE '%refunded'", "--reason", "paid by the app")
    ran = first.sweeper(*words, "--dry-run")
    assert (ran.exit_code, ran.stderr) == (0, "")
    check_golden("adopt_dry_run.txt", ran.stdout)


def test_an_adoption_of_nothing_is_called_a_waiver(first: AppDatabase) -> None:
    two_accounts(first)
    flags = ("adopt", "--session", "s1", "--amount", "0", "--reason", "goodwill")
    first.session("s9")
    shown = [first.sweeper(*flags[:2], "s9", *flags[3:], more).stdout for more in ("--dry-run", "--yes")]
    assert shown[0].startswith("Would waive 1 session: nothing is paid for it.")
    assert shown[1].startswith("Waived 1 session: nothing is paid for it.")


def test_an_explanation_reads_as_sentences(first: AppDatabase) -> None:
    two_accounts(first)
    assert reverted(first, "--session", "s1", "--yes").exit_code == 0
    first.session("fresh", "queued", created="2026-11-23 11:30")
    shown = "\n".join(first.sweeper("explain", session).stdout for session in ("s1", "fresh", "never was"))
    check_golden("explain.txt", steady(shown))
    check_golden("explain_account.txt", first.sweeper("explain", "--account", "u1").stdout)


def test_the_history_reads_as_a_list(first: AppDatabase) -> None:
    run_id = two_accounts(first)
    check_golden("history.txt", steady(first.sweeper("history").stdout))
    check_golden("history_run.txt", steady(first.sweeper("history", run_id).stdout))
    first.configure("[policy]", '[policy]\nstuck_after = {queued = "6h", generating = "never"}')
    by_status = first.sweeper("history", first.run().document["run_id"]).stdout
    assert "stuck_after (queued: 6 h, generating: never), grace 15 min" in by_status


@pytest.mark.parametrize(("answer", "exit_code", "credits"), [("y\n", 0, 100), ("n\n", 1, 103), ("\n", 1, 103)])
def test_on_a_terminal_a_revert_asks_after_it_has_shown_the_effect(
    first: AppDatabase, answer: str, exit_code: int, credits: int
) -> None:
    first.account()
    first.session("s1", created="2021-01-01")
    run_id = first.run(now=None).document["run_id"]
    shown, code = asked(first, answer, "revert", "--run", run_id, "--reason", "mistake")
    assert (code, first.credits()) == (exit_code, credits)
    assert shown.index("Would take back 1 refund: 3 credits") < shown.index("Take them back?")
    assert ("Took back 1 refund" in shown) == (exit_code == 0)


def test_on_a_terminal_an_adoption_asks(first: AppDatabase) -> None:
    first.account()
    first.session("s1", created="2021-01-01")
    words = ("adopt", "--session", "s1", "--reason", "paid by the app")
    assert asked(first, "n\n", *words)[1] == 1
    assert first.refunds() == {}
    shown, code = asked(first, "y\n", *words)
    assert (code, first.refunds()) == (0, {"s1": 3})
    assert "Adopted 1 session" in shown


def test_ctrl_c_at_the_question_changes_nothing(first: AppDatabase) -> None:
    first.account()
    first.session("s1", created="2021-01-01")
    _, code = asked(first, "\x03", "adopt", "--session", "s1", "--reason", "paid by the app")
    assert (code, first.refunds()) == (130, {})


def test_the_apps_text_cannot_give_orders_to_a_terminal(first: AppDatabase) -> None:
    evil = "s\x1b]0;owned\x07\x1b[2J\u202e[bold]x[/bold]"
    first.account(f"u{evil}")
    first.session(evil, account=f"u{evil}")
    first.session(f"h{evil}", account=None)
    run_id = first.run().document["run_id"]
    for words in (
        ("explain", evil),
        ("explain", f"h{evil}"),
        ("explain", "--account", f"u{evil}"),
        ("history", run_id),
        ("revert", "--run", run_id, "--reason", evil, "--dry-run"),
        ("revert", "--run", run_id, "--reason", evil, "--yes"),
        ("explain", evil),
        ("adopt", "--where", "true", "--reason", evil, "--dry-run"),
    ):
        shown = first.sweeper(*words).stdout
        assert "owned" in shown or "Took back" in shown
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", shown), words


def test_none_of_them_shows_a_sessions_error_text(first: AppDatabase) -> None:
    first.account()
    first.session("s1", error="prompt of jane@example.org")
    run_id = first.run().document["run_id"]
    for words in (
        ("explain", "s1"),
        ("explain", "--account", "u1"),
        ("history",),
        ("history", run_id),
        ("revert", "--run", run_id, "--reason", "x", "--dry-run"),
        ("adopt", "--where", "true", "--reason", "x", "--dry-run"),
    ):
        for flags in ((), ("--json",)):
            ran = first.sweeper(*words, *flags)
            assert ran.exit_code == 0, ran.stderr
            assert "jane" not in ran.stdout + ran.stderr


def test_long_ids_are_shown_whole(first: AppDatabase) -> None:
    first.account("u-" + "b" * 60)
    first.session("s-" + "a" * 60, account="u-" + "b" * 60)
    run_id = first.run().document["run_id"]
    for words in (("history", run_id), ("explain", "s-" + "a" * 60), ("explain", "--account", "u-" + "b" * 60)):
        assert "…" not in first.sweeper(*words).stdout


def test_the_name_of_a_section_is_not_taken_for_markup(prisma: AppDatabase) -> None:
    """A revert whose ledger has no row for it says so, and how it is called in the file."""
    text = prisma.config.read_text()
    prisma.config.write_text(text.partition("[ledger.reverse]")[0])
    assert prisma.sweeper("install").exit_code == 0
    _, job = prisma_job(prisma)
    assert prisma.run().exit_code == 0
    ran = prisma.sweeper("revert", "--session", job, "--reason", "mistake", "--yes", "--without-ledger")
    assert "[ledger.reverse] is not in the file" in ran.stdout
