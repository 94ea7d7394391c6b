"""Running sessions: a heartbeat is what was seen to move, and who has none counts from the start."""

from tests.helpers.any_app import App
from tests.helpers.checks import check, items
from tests.helpers.shops import rehearsed


def test_a_column_that_never_changes_is_not_a_heartbeat(app: App) -> None:
    """It moves with the status, as most columns that are called updated_at: a slow job would be paid and go on."""
    assert rehearsed(app) == {}
    app.sql("UPDATE jobs SET beat = began WHERE state = 'running'")
    app.sql("UPDATE jobs SET ended = began + interval '75 min' WHERE id = 'j35'")
    found = rehearsed(app)
    assert {name: item["status"] for name, item in found.items()} == {"stuck_after": "warning", "fence": "warning"}
    assert "up to 1 h 15 min" in found["stuck_after"]["message"]
    assert "10 of 10 sessions" in found["fence"]["message"]


def test_one_that_moves_is_a_heartbeat_however_long_jobs_take(app: App) -> None:
    app.sql("UPDATE jobs SET ended = began + interval '75 min' WHERE id = 'j35'")
    assert rehearsed(app) == {}
    assert "1 h 15 min" in items(check(app.database))["stuck_after"]["message"]


def test_a_heartbeat_not_seen_to_change_is_compared_with_real_durations(app: App) -> None:
    app.sql("DELETE FROM jobs WHERE state = 'running'")
    assert rehearsed(app) == {}
    app.sql("UPDATE jobs SET ended = began + interval '75 min' WHERE id = 'j35'")
    assert rehearsed(app).keys() == {"stuck_after"}


def test_who_has_no_sign_of_life_counts_from_the_start(app: App) -> None:
    app.sql("UPDATE jobs SET beat = NULL WHERE id IN ('j41', 'j42', 'j43')")
    found = rehearsed(app)["active_at"]
    assert (found["status"], "3 of the 10" in found["message"]) == ("warning", True)
    app.map("policy", stuck_after="0s")
    assert rehearsed(app)["active_at"]["status"] == "failure"
    app.map(stuck_at="beat")
    assert "active_at" not in rehearsed(app)
    assert "3 of the 10 newest running sessions have none" in items(check(app.database))["deadlines"]["message"]


def test_none_that_ever_ends_is_a_warning(app: App) -> None:
    app.map(stuck_at="beat + NULL::interval")
    assert rehearsed(app)["deadlines"]["status"] == "warning"
    app.map(stuck_at="greatest(ended, '9999-01-01')")
    assert "none of them is ever stuck" in rehearsed(app)["deadlines"]["message"]


def test_seconds_that_are_divided_as_milliseconds_are(app: App) -> None:
    app.sql("ALTER TABLE jobs ALTER began TYPE bigint USING extract(epoch FROM began)::bigint")
    app.map(started_at="to_timestamp(began / 1000)")
    assert "began on 1970-01-" in rehearsed(app)["time_zone"]["message"]
    app.map(started_at="to_timestamp(began)")
    assert "time_zone" not in rehearsed(app)


def test_one_that_is_dead_shows_nothing_of_a_heartbeat(app: App) -> None:
    """More sessions are stuck than alive, and those that are alive show a sign of life."""
    app.sql(
        "INSERT INTO jobs (id, owner, state, price, began, beat) SELECT 'd' || n, 'w1', 'running', 2, "
        "now() - interval '5 h', now() - interval '5 h' FROM generate_series(1, 30) AS n"
    )
    assert "fence" not in rehearsed(app)


def test_an_end_that_the_file_does_not_map(app: App) -> None:
    app.map(ended_at=None, active_at=None)
    app.sql("UPDATE jobs SET ended = began + interval '25 min' WHERE state = 'done'")
    assert "stuck_after" not in rehearsed(app)
    app.map("policy", stuck_after="5m")
    found = rehearsed(app)["stuck_after"]
    assert (found["status"], "ended of sessions that succeeded is up to 25 min" in found["message"]) == (
        "warning",
        True,
    )
    app.sql("UPDATE jobs SET ended = now() WHERE id = 'j45'")
    assert "stuck_after" not in rehearsed(app), "what runs has it, too"


def test_an_end_that_an_operator_has_set_for_several(app: App) -> None:
    """It says nothing of how long they took; where most end together, it does."""
    app.map(active_at=None)
    app.sql("UPDATE jobs SET ended = began + interval '5 min'; "
            "INSERT INTO jobs (id, owner, state, price, began, ended) SELECT 'o' || n, 'w1', 'done', 2, "
            "now() - n * interval '1 d', now() - interval '1 h' FROM generate_series(1, 5) AS n")  # fmt: skip
    assert "stuck_after" not in rehearsed(app)
    app.sql("UPDATE jobs SET ended = ended + substr(id, 2)::int * interval '1 s' WHERE id LIKE 'o%'")
    assert rehearsed(app)["stuck_after"]["status"] == "failure"
    app.sql("UPDATE jobs SET ended = now() WHERE id LIKE 'o%' OR id > 'j33'")
    assert "stuck_after" in rehearsed(app)
