"""Files that would put credits in the wrong place: each is a failure of the rehearsal, and a run pays nobody."""

import pytest

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase
from tests.helpers.shops import rehearsed, shop


@pytest.fixture
def app(bare: AppDatabase) -> App:
    """A shop whose file is right."""
    app = shop(bare)
    app.sql("ALTER TABLE book DROP total")
    return app


def refuses(app: App, item: str) -> str:
    """What the item says; a run ends because of it."""
    found = rehearsed(app)[item]
    assert found["status"] == "failure", found
    assert app.install().exit_code == 0
    ran = app.database.run(now=None, role=None)
    assert (ran.exit_code, ran.document["error"]["code"]) == (2, "rehearsal_failed"), ran.stdout
    return str(found["message"])


def test_an_account_that_the_book_did_not_charge(app: App) -> None:
    """The app has refunded nobody yet, so that only its charges can tell."""
    app.sql("DELETE FROM book WHERE kind = 'refund'")
    app.sql("UPDATE jobs SET team = 'w' || (right(owner, 1)::int + 1) % 5")
    app.map(account="team")
    assert "another account than the ledger charged for 30 of 30 sessions" in refuses(app, "charges")
    app.map(account="owner")
    assert rehearsed(app) == {}


def test_rows_of_the_other_sign(app: App) -> None:
    app.map("ledger.insert", amount="-amount")
    assert "the other sign than the app's refunds have" in refuses(app, "past_refunds")


def test_one_pool_of_two_that_the_sessions_have_shares_for(app: App) -> None:
    app.sql("ALTER TABLE wallets RENAME balance TO free_credits")
    app.sql("ALTER TABLE wallets ADD paid_credits int NOT NULL DEFAULT 5")
    app.map("accounts", balance="free_credits")
    assert rehearsed(app)["accounts"]["status"] == "warning", "nothing shows that a charge is taken from both"
    app.sql("ALTER TABLE jobs ADD from_free int NOT NULL DEFAULT 1, ADD from_paid int NOT NULL DEFAULT 0")
    assert rehearsed(app)["accounts"]["status"] == "warning", "no session took any of it"
    app.sql("UPDATE jobs SET from_paid = price - 1")
    assert "took of paid_credits (from_paid)" in refuses(app, "accounts")
    app.map("accounts", balance="free_credits + paid_credits")
    app.map("accounts.add", free_credits="s.from_free", paid_credits="s.from_paid")
    assert rehearsed(app) == {}


def test_a_limit_beside_a_counter_of_what_was_used(app: App) -> None:
    app.sql("ALTER TABLE wallets RENAME balance TO quota")
    app.sql("ALTER TABLE wallets ADD usage int NOT NULL DEFAULT 50")
    app.map("accounts", balance="quota")
    assert "usage counts what was used of it" in refuses(app, "accounts")
    app.map("accounts", balance="quota - usage")
    app.map("accounts.add", usage="-amount")
    assert rehearsed(app) == {}


def test_refunds_of_the_app_that_only_json_links(app: App) -> None:
    app.sql("ALTER TABLE book ADD about jsonb")
    app.sql("UPDATE book SET about = jsonb_build_object('job', job)")
    app.sql("ALTER TABLE book DROP job")
    app.sections.pop("ledger")
    app.sections.pop("ledger.insert")
    assert '"public"."book"."about" (20 of the newest failed sessions' in refuses(app, "marks")


@pytest.mark.parametrize("written", ["UTC", "Asia/Tokyo"])
def test_times_that_are_read_in_the_zone_of_somebody_else(app: App, written: str) -> None:
    """In the zone of the file the newest session began hours ago, in that of the app just now."""
    name = app.database.value("SELECT current_database()")
    app.sql(f"ALTER DATABASE \"{name}\" SET timezone = '{written}'")
    app.sql("UPDATE jobs SET began = now() - interval '5 min' WHERE id = 'j50'")
    for column in ("began", "ended", "beat"):
        app.sql(f"ALTER TABLE jobs ALTER {column} TYPE timestamp USING {column} AT TIME ZONE '{written}'")
    wrong = "Asia/Tokyo" if written == "UTC" else "Pacific/Auckland"
    app.map(timezone=wrong)
    assert f"and just now, read in {written}" in refuses(app, "time_zone")
    app.map(timezone=written)
    assert "time_zone" not in rehearsed(app)
