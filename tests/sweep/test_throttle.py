"""How many sessions a batch takes, by the time that batches held their locks and by who waited for them."""

import pytest

from sweeper.postgres.binds import ANSWER_BYTES, text_bytes
from sweeper.sweep.throttle import Throttle, Traffic


def settled(most: int, seconds: float) -> Throttle:
    """After many batches of the same kind."""
    pace = Throttle(most)
    for _ in range(50):
        pace.held(seconds, Traffic())
    return pace


def test_quick_batches_grow_to_the_size_of_the_policy_and_no_further() -> None:
    """Also when the policy's size is smaller than the first batch would be."""
    assert [settled(most, 0.01).size for most in (2000, 1777, 300, 7, 1)] == [2000, 1777, 300, 7, 1]


def test_the_first_batches_grow_as_fast_as_they_were_quick() -> None:
    """Fifty in six milliseconds may be four hundred in less than fifty; fifty in fifty stay fifty."""
    sizes = {}
    for seconds in (0.006, 0.03, 0.07):
        pace = Throttle(2000)
        pace.held(seconds, Traffic())
        sizes[seconds] = pace.size
    assert sizes == {0.006: 400, 0.03: 166, 0.07: 50}


def test_slow_batches_shrink_until_their_locks_are_short() -> None:
    """A server that needs a millisecond a session: what is held comes below an eighth of a second, and stays there."""
    pace = settled(5000, 0.01)
    held = []
    for _ in range(20):
        held.append(pace.size / 1000)
        pace.held(held[-1], Traffic())
    assert max(held[3:]) <= 0.25
    assert min(held[3:]) >= 0.05


def test_a_commit_that_is_slow_by_itself_does_not_make_batches_of_one() -> None:
    """Where the disk takes half a second a commit, smaller batches would only make more of them."""
    assert settled(2000, 0.5).size == 50
    assert settled(20, 0.5).size == 20


@pytest.mark.parametrize("seconds", [0.01, 0.1])
def test_beside_an_app_that_waits_batches_are_small_and_leave_it_nearly_all_of_the_time(seconds: float) -> None:
    """The pause is ten times as long as the batch, and never longer than half a second."""
    pace = settled(2000, 0.01)
    pauses = [pace.held(seconds, Traffic(waited_for=True)) for _ in range(10)]
    assert pace.size == 50
    assert all(min(10 * seconds, 0.5) <= pause <= 0.5 for pause in pauses)


def test_beside_an_app_that_never_waits_batches_are_as_large_as_a_short_moment_allows() -> None:
    """A tenth of a millisecond a session: four hundred of them at most, and fifty again as soon as somebody waits."""
    pace = settled(2000, 0.01)
    sizes = []
    for _ in range(20):
        pace.held(pace.size / 10_000, Traffic(writers=1))
        sizes.append(pace.size)
    assert sizes[0] == 50
    assert set(sizes[5:]) <= set(range(200, 401))
    pace.held(0.001, Traffic(waited_for=True))
    assert pace.size == 50


@pytest.mark.parametrize(
    ("traffic", "at_work"),
    [
        (Traffic(101, others=5), False),
        (Traffic(102, others=5), True),
        (Traffic(110), False),
        (Traffic(110, others=5, housekeepers=1), False),
        (Traffic(101, others=5, writers=1, housekeepers=1), True),
        (Traffic(110, sweeps=2, others=5), False),
        (Traffic(101, sweeps=2, others=5, writers=1), True),
    ],
    ids=[
        "nobody",
        "between two batches",
        "the server itself",
        "a vacuum",
        "beside a vacuum",
        "another sweep",
        "beside another sweep",
    ],
)
def test_an_app_that_writes_is_noticed_and_another_sweep_is_not_taken_for_one(traffic: Traffic, at_work: bool) -> None:
    """Before anybody has to wait: by the numbers of the transactions that write, or because it writes just now."""
    pace = settled(2000, 0.01)
    pace.held(0.01, Traffic(90, others=5))
    pace.held(0.01, Traffic(100, others=5))
    pause = pace.held(0.01, traffic)
    assert (pace.size, pause > 0) == ((50, True) if at_work else (2000, False))


def test_what_another_sweep_wrote_just_before_it_ended_is_not_an_app() -> None:
    """The first number that counts is one that was read alone."""
    pace = settled(2000, 0.01)
    pace.held(0.01, Traffic(100, sweeps=2, others=1))
    assert pace.held(0.01, Traffic(105, others=1)) == 0
    assert pace.held(0.01, Traffic(106, others=1)) == 0
    assert pace.held(0.01, Traffic(108, others=1)) == 0
    assert pace.held(0.01, Traffic(110, others=1)) > 0


def test_a_vacuum_between_two_batches_is_not_an_app() -> None:
    """The server vacuums what was just filled. Unexplained transaction numbers show an app only the second time."""
    pace = settled(2000, 0.01)
    numbers = [100, 104, *range(105, 116), 118]
    assert [pace.held(0.01, Traffic(number, others=1)) for number in numbers] == [0] * len(numbers)
    assert pace.size == 2000
    pace.held(0.01, Traffic(119, others=1))
    assert pace.held(0.01, Traffic(121, others=1)) > 0
    assert pace.size == 50


def test_the_last_batch_of_what_was_found_counts_and_does_not_make_the_next_larger() -> None:
    """It is small by chance; its number is one of ours."""
    pace = Throttle(2000)
    pace.held(0.01, Traffic(100, others=1))
    size = pace.size
    assert pace.held(0.001, Traffic(101, others=1), full=False) == 0
    assert pace.size == size
    assert pace.held(0.01, Traffic(102, others=1)) == 0


def test_a_batch_that_wrote_nothing_shows_nothing_about_others() -> None:
    """It has no number."""
    pace = settled(2000, 0.01)
    for number in (100, 0, 101, 0, 0, 102):
        assert pace.held(0.01, Traffic(transaction_number=number)) == 0


def test_a_sweep_is_at_full_speed_again_after_some_quiet_batches() -> None:
    """Not at once: an app that writes now and then would else meet a large batch each time."""
    pace = settled(2000, 0.01)
    pace.held(0.01, Traffic(waited_for=True))
    pauses = [pace.held(0.01, Traffic()) for _ in range(16)]
    assert pauses[0] > 0
    assert pauses[-1] == 0
    assert pace.size == 2000


def test_short_ids_never_make_a_batch_smaller() -> None:
    """Once a batch has shown how much the server returns beside an id; the first is small anyway."""
    ids = [f"session-{number}" for number in range(2000)]
    pace = Throttle(2000)
    assert pace.fitting(ids[:50]) == 50
    pace.answered(50, 50 * 75 - text_bytes(ids[:50]))
    assert pace.fitting(ids) == 2000


@pytest.mark.slow
@pytest.mark.parametrize(("length", "beside", "fits"), [(36, 120, 1100), (2600, 100, 66), (150_000, 300_000, 1)])
def test_long_ids_make_a_batch_as_small_as_the_answer_may_be(length: int, beside: int, fits: int) -> None:
    ids = ["x" * length] * 2000
    pace = Throttle(2000)
    pace.answered(10, 10 * beside)
    assert pace.fitting(ids) == pytest.approx(fits, rel=0.05)
    assert pace.fitting(ids) == 1 or pace.fitting(ids) * (length + beside) <= ANSWER_BYTES


def test_a_batch_that_was_too_slow_is_quartered() -> None:
    """Down to one session."""
    pace = settled(2000, 0.01)
    sizes = []
    for _ in range(7):
        pace.too_slow()
        sizes.append(pace.size)
    assert sizes == [500, 125, 31, 7, 1, 1, 1]
