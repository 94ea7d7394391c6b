"""What the words of a status mean, and which of them leave the decision to the user."""

import pytest

from sweeper.init.words import sort_status, sort_statuses, words


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("creditTransactions", ("credit", "transaction")),
        ("CREDIT_ENTRIES", ("credit", "entry")),
        ("analyses", ("analyse",)),
        ("status", ("status",)),
        ("URLChecks", ("url", "check")),
    ],
)
def test_names_are_read_in_any_spelling(name: str, expected: tuple[str, ...]) -> None:
    assert words(name) == expected


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("FAILED", "failed"),
        ("timed_out", "failed"),
        ("TimedOut", "failed"),
        ("oom_killed", "failed"),
        ("IN_PROGRESS", "running"),
        ("not started", "running"),
        ("in_queue", "running"),
        ("processing", "running"),
        ("Succeeded", "succeeded"),
        ("COMPLETED", "succeeded"),
        ("completed_with_errors", None),
        ("partially_failed", None),
        ("refunded", None),
        ("canceled", None),
        ("aborted", None),
        ("expired", None),
    ],
)
def test_a_status_is_sorted_only_when_its_words_agree(status: str, kind: str | None) -> None:
    assert sort_status(status) == kind


@pytest.mark.parametrize(
    ("statuses", "about", "succeeded"),
    [
        (["rendering", "rendered", "failed"], "jobs", "rendered"),
        (["Requested", "Exported", "Failed"], "export_request", "Exported"),
        (["cancelling", "cancelled", "failed"], "jobs", None),
        (["uploading", "uploaded", "scanning", "scanned"], "jobs", None),
        (["rendering", "rendered", "done"], "jobs", "done"),
        (["rendering", "charged", "failed"], "jobs", None),
        (["authorized", "captured", "released"], "billing_authorization", None),
    ],
)
def test_the_end_of_the_work_is_success_where_no_word_says_so(
    statuses: list[str], about: str, succeeded: str | None
) -> None:
    kinds = sort_statuses(statuses, frozenset(words(about)))
    assert [status for status, kind in kinds.items() if kind == "succeeded"] == ([succeeded] if succeeded else [])
