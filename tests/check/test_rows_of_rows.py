"""Refunds that name a charge, sums of the book by other owners, and books whose amounts have no sign."""

import pytest

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase
from tests.helpers.shops import refuses, rehearsed, shop

pytestmark = pytest.mark.slow

CHARGED = "(SELECT {amount} FROM book AS b WHERE b.job = s.id AND b.kind = 'charge'{more})"
BACK = "(SELECT sum(r.amount) FROM book AS r WHERE r.parent = b.id AND r.note IS NULL)"
# each job has a member, whose counter the app's own refunds move back
MEMBERS = """
CREATE TABLE members (id int PRIMARY KEY, owner text REFERENCES wallets, spent numeric NOT NULL DEFAULT 0);
INSERT INTO members SELECT n, 'w' || n % 5 FROM generate_series(0, 8) AS n;
ALTER TABLE jobs ADD member int REFERENCES members; ALTER TABLE book ADD member int REFERENCES members;
UPDATE jobs SET member = substr(id, 2)::int * 5 % 13 % 9;
UPDATE book AS b SET member = j.member FROM jobs AS j WHERE j.id = b.job;
INSERT INTO book (wallet, kind, amount) SELECT id, 'bought', 1000 FROM wallets;
INSERT INTO book (wallet, kind, amount) VALUES ('w1', 'transfer', -20), ('w2', 'transfer', 20), ('w3', 'bonus', 7);
UPDATE wallets AS w SET balance = (SELECT sum(amount) FROM book AS b WHERE b.wallet = w.id);
UPDATE members AS m SET spent = (SELECT -sum(amount) FROM book AS b WHERE b.member = m.id);
"""
HOOK = """
CREATE FUNCTION sweeper.give() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    UPDATE public.members SET spent = spent - NEW.amount
    WHERE id = (SELECT j.member FROM public.jobs AS j WHERE j.id = NEW.session_id);
    RETURN NULL;
END $$;
CREATE TRIGGER give AFTER INSERT ON sweeper.refunds FOR EACH ROW EXECUTE FUNCTION sweeper.give();
"""


@pytest.fixture
def charged(app: App) -> App:
    """Refunds of the app's own name the charge in the same book, and no job."""
    app.sql("ALTER TABLE book ADD parent bigint REFERENCES book, ADD note text")
    app.sql("UPDATE book AS r SET parent = b.id, job = NULL FROM book AS b "
            "WHERE r.kind = 'refund' AND b.job = r.job AND b.kind = 'charge'")  # fmt: skip
    app.map("ledger", where="kind = 'refund' AND job IS NOT NULL")
    app.map("ledger.insert", parent="(SELECT b.id FROM book AS b WHERE b.job = s.id AND b.kind = 'charge')")
    app.map("ledger.insert", note="'swept'")
    return app


def test_refunds_that_name_the_charge(charged: App) -> None:
    charged.map(amount=CHARGED.format(amount="-b.amount", more=""))
    assert '"public"."book"."parent" (20 of the newest failed sessions, such as j1)' in refuses(charged, "marks")
    charged.map(amount=CHARGED.format(amount=f"-b.amount - coalesce({BACK}, 0)", more=""))
    assert "marks" not in rehearsed(charged)


def test_a_part_that_was_given_back_by_its_charge(charged: App) -> None:
    charged.sql("UPDATE book SET amount = amount / 2 WHERE kind = 'refund'")
    charged.map(amount=CHARGED.format(amount=f"-b.amount - coalesce({BACK}, 0)", more=""))
    assert "marks" not in rehearsed(charged)


def test_a_counter_of_members_beside_what_else_moves_the_balance(bare: AppDatabase) -> None:
    app = shop(bare)
    app.sql("ALTER TABLE book DROP total")
    app.sql(MEMBERS)
    app.map("ledger.insert", member="s.member")
    said = "spent of members, which sessions name by member, has moved by exactly what they took and were given back"
    assert f"{said}, and a refund leaves it as it is" in refuses(app, "balances")
    assert (
        "spent of members is what amount in the rows of book comes to by member"
        in (rehearsed(app)["accounts"]["message"])
    )
    assert app.install().exit_code == 0
    app.sql(HOOK)
    assert {"balances", "accounts"}.isdisjoint(rehearsed(app))


def test_a_balance_that_no_charge_moves_beside_the_sums_of_others(bare: AppDatabase) -> None:
    """The ledger has rows for wallets, and the file pays persons, whose points are all the same."""
    app = shop(bare)
    app.sql("ALTER TABLE book DROP total; CREATE TABLE persons (id text PRIMARY KEY, points numeric NOT NULL)")
    app.sql("INSERT INTO persons SELECT 'p' || n, 50 FROM generate_series(0, 5) AS n")
    app.sql(
        "ALTER TABLE jobs ADD person text REFERENCES persons; UPDATE jobs SET person = 'p' || substr(id, 2)::int % 6"
    )
    app.sql("ALTER TABLE book ADD FOREIGN KEY (wallet) REFERENCES wallets")
    app.sql("INSERT INTO book (wallet, kind, amount) SELECT id, 'topup', 500 + ascii(right(id, 1)) FROM wallets")
    app.sql("UPDATE wallets w SET balance = (SELECT sum(b.amount) FROM book b WHERE b.wallet = w.id)")
    assert rehearsed(app) == {}
    app.map(account="person")
    app.map("accounts", table="persons", balance="points")
    app.map("ledger.insert", wallet="s.owner")
    assert "balance of wallets is what amount in the rows of book comes to by wallet" in refuses(app, "accounts")


def test_sums_that_a_job_works_out_when_a_month_is_closed(bare: AppDatabase) -> None:
    """Its rows are named then; until then no sum misses a refund."""
    app = shop(bare)
    app.sql("ALTER TABLE book DROP total; CREATE TABLE months (id int PRIMARY KEY, net numeric)")
    app.sql("ALTER TABLE book ADD month int; UPDATE book SET month = id % 5 WHERE id % 9 > 0")
    app.sql("INSERT INTO months SELECT month, sum(amount) FROM book WHERE month IS NOT NULL GROUP BY month")
    app.sql("ALTER TABLE book ADD FOREIGN KEY (month) REFERENCES months")
    assert "accounts" not in rehearsed(app)


def test_a_price_above_charges_without_a_sign(app: App) -> None:
    app.sql("ALTER TABLE jobs ADD listed int; UPDATE jobs SET listed = price + CASE WHEN price > 5 THEN 1 ELSE 0 END")
    app.sql("UPDATE book SET amount = abs(amount)")
    app.map(amount="listed + 0")
    assert "'listed + 0' is more than the ledger says was charged for 7 of 20 sessions" in refuses(app, "charges")
    app.map(amount="price + 0")
    assert "charges" not in rehearsed(app)


@pytest.mark.parametrize("kind", ["regalo", "refund"])
def test_a_word_for_refunds_in_a_book_without_signs(app: App, kind: str) -> None:
    """No word of theirs is known."""
    app.sql("UPDATE book SET amount = abs(amount), kind = CASE kind WHEN 'refund' THEN 'x4' ELSE 'x1' END")
    app.map(amount="(SELECT b.amount FROM book AS b WHERE b.job = s.id AND b.kind = 'x1')")
    app.map("ledger", where=f"kind = '{kind}'")
    app.map("ledger.insert", kind=f"'{kind}'")
    assert "a row of their whole amount with kind x4, as no session that succeeded has" in refuses(app, "ledger")
    app.map("ledger", where="kind = 'x4'")
    app.map("ledger.insert", kind="'x4'")
    assert rehearsed(app) == {}
