"""What `sweeper run` prints when it fails: a document too, one message, and no secret."""

import pytest
import stamina

import sweeper.sweep.run
from sweeper.core.errors import FailedError
from tests.helpers.app_database import AppDatabase
from tests.helpers.documents import DOCUMENT_KEYS

NOTHING = {"sessions": 0, "credits": 0, "accounts": 0}


def test_usage_errors_have_a_document_too(first: AppDatabase) -> None:
    """With --json an unknown flag, a bad value or a bad file is one document on stdout, and exit 2."""
    first.account()
    first.session("s1")
    for flags, code, named in (
        (["--nonsense"], "usage", "--nonsense"),
        (["--batch-size", "many"], "usage", "--batch-size"),
        (["--batch-size", "0"], "config", "batch_size"),
        (["--grace", "-5m"], "config", "grace"),
        (["--max-credits", "-1"], "config", "max_credits"),
        (["--max-amount", "NaN"], "config", "max_amount"),
        (["--config", "/nowhere/sweeper.toml"], "no_config", "/nowhere/sweeper.toml"),
        (["surplus"], "usage", "surplus"),
    ):
        ran = first.run(*flags)
        document = ran.document
        assert (ran.exit_code, document["schema_version"], document["command"]) == (2, 1, "run")
        assert (document["outcome"], document["refunds"]) == ("failed", NOTHING)
        assert document["error"]["code"] == code
        assert named in document["error"]["message"]
        assert document["error"]["message"] in ran.stderr
    assert first.refunds() == {}


def test_a_failure_after_the_first_batch_shows_what_was_committed(first: AppDatabase) -> None:
    """Exit 1 with the whole document and its error: what was committed is counted, and closed in `runs`."""
    first.configure("[policy]", "[policy]\nmax_new_holds = 0")
    first.account()
    first.session("a")
    first.session("b", account=None)
    first.session("c")
    ran = first.run("--batch-size", "1")
    assert ran.exit_code == 1
    assert list(ran.document) == [*DOCUMENT_KEYS, "error"]
    assert ran.document["outcome"] == "failed"
    assert ran.document["refunds"]["sessions"] == 1
    assert (ran.document["remaining"], ran.document["skipped"]) == (1, 0)
    assert ran.document["error"]["code"] == "too_many_holds"
    assert first.sql("SELECT outcome, sessions FROM sweeper.runs") == [("failed", 1)]


def test_a_database_that_cannot_be_reached(first: AppDatabase) -> None:
    """Exit 1, one document, and nothing of the URL in it."""
    url = "postgresql://someone:hunter2@127.0.0.1:1/books?connect_timeout=2"
    with stamina.set_testing(True, attempts=2):  # as often as it likes, without the waits
        ran = first.sweeper("run", "--json", SWEEPER_DATABASE_URL=url, now=None)
    assert (ran.exit_code, ran.document["error"]["code"]) == (1, "connection")
    assert (ran.document["outcome"], ran.document["refunds"]) == ("failed", NOTHING)
    for secret in ("hunter2", "someone", "postgresql://"):
        assert secret not in ran.stdout + ran.stderr


@pytest.mark.parametrize(
    "line",
    [
        "run", "run --dry-run", "audit", "history", "check", "install", "explain s1", "explain --account u1",
        "revert --session s1 --reason x --yes", "adopt --session s1 --reason x --yes",
    ],
)  # fmt: skip
def test_retries_are_not_part_of_the_result_of_any_command(first: AppDatabase, line: str) -> None:
    """Standard output is one document; what the driver says, which may repeat the URL, is nowhere."""
    stamina.instrumentation.set_on_retry_hooks(None)  # as in a process that has just begun
    url = "postgresql://someone:hunter2@127.0.0.1:1/books?connect_timeout=2"
    with stamina.set_testing(True, attempts=2):
        ran = first.sweeper(*line.split(), "--json", SWEEPER_DATABASE_URL=url, now=None)
    assert ran.document["schema_version"] == 1
    assert [event["event"] for event in ran.events] in ([], ["retrying"])
    assert all(event["why"].startswith("the database cannot be used: ") for event in ran.events)
    for secret in ("hunter2", "someone", "refused"):
        assert secret not in ran.stderr.partition("sweeper: ")[0]


def test_personal_data_is_in_no_output(first: AppDatabase) -> None:
    """Neither the session's error text nor what the database says of a row is printed, by a run or a dry run."""
    first.sql(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF new.id = 'u2' THEN "
        "RAISE EXCEPTION 'jane@example.org is closed' USING DETAIL = 'jane@example.org', HINT = 'jane@example.org'; "
        "END IF; RETURN new; END $$; "
        "CREATE TRIGGER refuse BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION refuse()"
    )
    first.account("u1")
    first.account("u2")
    first.session("s1", error="prompt: a picture for jane@example.org")
    first.session("s2", account="u2", error="prompt: a picture for jane@example.org")
    for flags in (("--dry-run",), ("--dry-run", "--json"), ("--json",), ("--dry-run",)):
        ran = first.sweeper("run", *flags)
        assert ran.exit_code in (0, 3)
        assert "jane" not in ran.stdout + ran.stderr
    assert first.value("SELECT message FROM sweeper.holds") == "jane@example.org is closed"


@pytest.mark.parametrize("crash", [RuntimeError, KeyError, AssertionError])
def test_a_crash_shows_its_place_and_not_its_message(
    first: AppDatabase, monkeypatch: pytest.MonkeyPatch, crash: type[Exception]
) -> None:
    """An unforeseen exception may hold a URL or a row: its message and its traceback are not shown; exit 1."""

    def explode(*_: object, **__: object) -> None:
        raise crash(f"could not parse {first.url} of jane@example.org")

    monkeypatch.setattr(sweeper.sweep.run, "prepare", explode)
    for flags in ((), ("--json",)):
        ran = first.sweeper("run", *flags)
        assert ran.exit_code == 1
        assert crash.__name__ in ran.stderr
        for secret in (first.url, "jane", "could not parse", "Traceback"):
            assert secret not in ran.stdout + ran.stderr
    assert ran.document["error"]["code"] == "internal"
    assert "refunds" not in ran.document  # it may have crashed after a batch


def test_a_run_that_cannot_read_what_it_paid_does_not_say_that_it_paid_nothing(
    first: AppDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    first.account()
    first.session("s1")

    def lose(*_: object) -> None:
        raise FailedError("the database cannot be used", code="connection")

    monkeypatch.setattr(sweeper.sweep.run._Run, "_close", lose)
    ran = first.run()
    assert (ran.exit_code, ran.document["error"]["code"]) == (1, "connection")
    assert "refunds" not in ran.document
    assert first.refunds() == {"s1": 3}
