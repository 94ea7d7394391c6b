"""Amounts from which a trigger of the app subtracts what was given back."""

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase
from tests.helpers.audits import audit, findings


def test_an_amount_from_which_a_trigger_subtracts_the_refund_is_not_a_wrong_amount(bare: AppDatabase) -> None:
    """As long as that is so for most refunds: the trigger may be about something else."""
    app = App(bare)
    app.sql(
        "ALTER TABLE jobs ADD given int NOT NULL DEFAULT 0; CREATE TABLE lines (job text, amount int); "
        "INSERT INTO jobs (id, owner, state, price, began) "
        "SELECT 'j' || n, 'w', 'failed', 3, '2026-11-23 10:00Z' FROM generate_series(1, 4) AS n; "
        "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN "
        "UPDATE jobs SET given = given + new.amount WHERE id = new.job; RETURN NULL; END $$; "
        "CREATE TRIGGER keep AFTER INSERT ON lines FOR EACH ROW EXECUTE FUNCTION keep()"
    )
    app.map(amount="price - given")
    app.map("ledger", table="lines", session="job")
    app.map("ledger.insert", job="session_id", amount="amount")
    assert app.sweep()["credits"] == 15
    assert findings(audit(bare)) == {}
    app.sql("UPDATE jobs SET given = 1 WHERE id = 'j1'")
    assert findings(audit(bare)) == {"wrong_amount": (1, ["j1"])}
    app.sql("UPDATE jobs SET given = 0; UPDATE jobs SET price = 0 WHERE id = 'j1'")
    assert findings(audit(bare)) == {"wrong_amount": (1, ["j1"])}
