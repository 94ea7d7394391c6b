"""Whether a refund leaves the mark that the app's own refund code looks at."""

import pytest

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase
from tests.helpers.shops import rehearsed, shop, without_ledger


@pytest.fixture
def app(bare: AppDatabase) -> App:
    """A shop that marks its own refunds on the jobs, and keeps no book of them."""
    app = shop(bare)
    app.sql("DROP TABLE book; UPDATE jobs SET refunded_at = ended WHERE substr(id, 2)::int <= 20")
    without_ledger(app)
    app.map(exclude="refunded_at IS NOT NULL")
    return app


def test_a_mark_that_no_write_of_ours_sets_is_a_warning(app: App) -> None:
    found = rehearsed(app)
    assert {name: item["status"] for name, item in found.items()} == {"marks": "warning"}
    assert "[sessions.refunded] writes nothing" in found["marks"]["message"]
    app.map("sessions.refunded", refunded_at="at")
    assert rehearsed(app) == {}


def test_a_generated_mark_is_worked_out_from_what_a_refund_sets(app: App) -> None:
    app.sql("ALTER TABLE jobs ADD given_back boolean GENERATED ALWAYS AS (refunded_at IS NOT NULL) STORED")
    app.map(exclude="given_back")
    assert rehearsed(app)["marks"]["status"] == "warning"
    app.map("sessions.refunded", refunded_at="at")
    assert rehearsed(app) == {}


def test_a_virtual_mark_is_worked_out_from_what_a_refund_sets(app: App) -> None:
    if app.database.value("SELECT current_setting('server_version_num')::int") < 180000:
        pytest.skip("no virtual columns")
    app.sql("ALTER TABLE jobs ADD given_back boolean GENERATED ALWAYS AS (refunded_at IS NOT NULL)")
    app.map(exclude="given_back")
    app.map("sessions.refunded", refunded_at="at")
    assert rehearsed(app) == {}


def test_a_hook_of_the_apps_own_can_set_it(app: App) -> None:
    assert app.install().exit_code == 0
    assert rehearsed(app).keys() == {"marks"}
    app.sql(
        "CREATE FUNCTION marked() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN UPDATE jobs SET refunded_at = now() WHERE id = NEW.session_id; RETURN NULL; END'; "
        "CREATE TRIGGER marked AFTER INSERT ON sweeper.refunds FOR EACH ROW EXECUTE FUNCTION marked()"
    )
    assert rehearsed(app) == {}


def test_a_file_without_any_mark_fails_when_something_looks_like_refunds(app: App) -> None:
    app.map(exclude=None)
    found = rehearsed(app)["marks"]
    assert (found["status"], "jobs.refunded_at" in found["message"]) == ("failure", True)
    app.sql("UPDATE jobs SET refunded_at = NULL")
    assert rehearsed(app)["marks"]["status"] == "warning"
    app.sql("CREATE TABLE moves (id bigserial PRIMARY KEY, job_id text, reason text, credits int)")
    app.sql("INSERT INTO moves (job_id, reason) VALUES ('j1', 'Refund of a failed job')")
    found = rehearsed(app)["marks"]
    assert (found["status"], "moves" in found["message"], "j1" in found["message"]) == ("failure", True, True)


def test_a_word_beside_the_status_that_a_refund_does_not_write(bare: AppDatabase) -> None:
    """The book shows what was refunded, and the app's own job looks at the word."""
    app = shop(bare)
    app.sql("ALTER TABLE book DROP total; ALTER TABLE jobs ADD refund_state text NOT NULL DEFAULT 'none'; "
            "UPDATE jobs SET refund_state = 'refunded' WHERE substr(id, 2)::int <= 20")  # fmt: skip
    found = rehearsed(app)["marks"]
    assert (found["status"], "refund_state is set on 20 of the newest" in found["message"]) == ("warning", True)
    app.map("sessions.refunded", refund_state="'refunded'")
    assert rehearsed(app) == {}


def test_an_amount_that_a_refund_does_not_bring_to_nothing(bare: AppDatabase) -> None:
    """The sessions count cents, and the amount is in dollars: what was given back is subtracted."""
    app = shop(bare)
    app.sql("ALTER TABLE book DROP total; ALTER TABLE jobs ADD cents int, ADD back_cents int NOT NULL DEFAULT 0; "
            "UPDATE jobs SET cents = 100 * price, back_cents = CASE WHEN substr(id, 2)::int <= 20 THEN 100 * price "
            "ELSE 0 END")  # fmt: skip
    app.map(amount="(cents - back_cents) / 100")
    app.map("sessions.refunded", back_cents="s.cents")
    assert rehearsed(app) == {}
    app.map("sessions.refunded", back_cents="amount")
    found = rehearsed(app)["marks"]
    assert (found["status"], "is still above zero after a refund, such as for j2" in found["message"]) == (
        "warning", True
    )  # fmt: skip


@pytest.mark.parametrize(
    ("column", "value", "wrong"), [("returned int", "price", "price * 100"), ("payment text", "'paid'", "'done'")]
)
def test_another_word_or_number_than_the_app_writes(app: App, column: str, value: str, wrong: str) -> None:
    name = column.split()[0]
    app.sql(f"ALTER TABLE jobs ADD {column}; UPDATE jobs SET {name} = {value} WHERE refunded_at IS NOT NULL")
    right = value.replace("price", "amount")
    app.map("sessions.refunded", refunded_at="at", **{name: right})
    assert rehearsed(app) == {}
    app.map("sessions.refunded", **{name: wrong.replace("price", "amount")})
    found = rehearsed(app)["marks"]
    assert found["status"] == "warning"
    assert "is something else than 20 of 20 sessions have that the app has refunded, such as j1" in found["message"]
    app.sql(f"UPDATE jobs SET {name} = {value}")
    assert rehearsed(app) == {}, "nobody knows when the app writes there"
    app.sql(f"UPDATE jobs SET {name} = NULL")
    assert rehearsed(app) == {}, "a mark of our own"


def test_why_and_how_a_session_was_refunded(app: App) -> None:
    """The sweep has a reason of its own, and the app has several."""
    app.sql("ALTER TABLE jobs ADD refund_reason text, ADD refund_kind text, ADD refund_layer int")
    app.sql("UPDATE jobs SET refund_reason = 'worker', refund_layer = 1, refund_kind = CASE WHEN price > 4 THEN 'auto' "
            "ELSE 'hand' END WHERE refunded_at IS NOT NULL")  # fmt: skip
    app.map("sessions.refunded", refunded_at="at", refund_reason="'swept'", refund_kind="'sweep'", refund_layer="9")
    assert rehearsed(app) == {}
