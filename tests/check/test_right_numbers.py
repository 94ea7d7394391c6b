"""Right files for apps whose accounts have an invariant, or counters that a job of the app's works out."""

import pytest

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase
from tests.helpers.checks import check, items
from tests.helpers.shops import rehearsed, shop

MEMBERS = """
UPDATE jobs SET price = 1 + substr(id, 2)::int * substr(owner, 2)::int % 7;
CREATE TABLE people (id text PRIMARY KEY);
INSERT INTO people SELECT id FROM wallets;
ALTER TABLE jobs ADD FOREIGN KEY (owner) REFERENCES people;
CREATE TABLE members (person text PRIMARY KEY REFERENCES people, used numeric);
INSERT INTO members SELECT owner, sum(price) FILTER (WHERE refunded_at IS NULL) FROM jobs GROUP BY 1;
"""


@pytest.fixture
def app(marked: App) -> App:
    return marked


@pytest.mark.parametrize("change", ["RENAME TO usage_stats", "ADD computed_at timestamptz"])
def test_a_counter_that_a_job_works_out_again(app: App, change: str) -> None:
    app.sql(MEMBERS)
    assert "used of members, whose person is owner of sessions" in rehearsed(app)["balances"]["message"]
    app.sql(f"ALTER TABLE members {change}")
    assert "balances" not in rehearsed(app)


@pytest.mark.parametrize(
    "invariant",
    ["balance = (SELECT sum(given) FROM gifts WHERE wallet = a.id)", "balance = gifts_of(id)", "balance = cents / 100"],
)
def test_an_invariant_that_a_refund_leaves_true(app: App, invariant: str) -> None:
    """A subquery may read what a refund writes, and whole numbers are divided as the account's row divides them."""
    app.sql("CREATE TABLE gifts AS SELECT id AS wallet, balance AS given FROM wallets; CREATE FUNCTION gifts_of(text) "
            "RETURNS numeric LANGUAGE sql STABLE AS 'SELECT sum(given) FROM gifts WHERE wallet = $1'")  # fmt: skip
    app.sql("ALTER TABLE wallets ALTER balance TYPE int, ADD cents int; UPDATE wallets SET cents = balance * 100 + 50")
    app.map("accounts", invariant=invariant)
    app.map("accounts.add", balance="amount", cents="amount * 100")
    assert "accounts" not in rehearsed(app)
    app.map("accounts", invariant="balance = cents / 100")
    app.map("accounts.add", balance="amount", cents="amount")
    assert "accounts.invariant = " in rehearsed(app)["accounts"]["message"]


def test_a_status_that_is_null(app: App) -> None:
    """No list of the file can name it."""
    app.sql("UPDATE jobs SET state = NULL WHERE state = 'running'")
    assert rehearsed(app).keys() == {"statuses"}


def test_points_and_minutes_beside_a_balance_in_dollars(app: App) -> None:
    app.sql("ALTER TABLE wallets RENAME balance TO balance_usd; ALTER TABLE wallets ADD loyalty_points int")
    app.sql("UPDATE wallets SET balance_usd = ascii(right(id, 1)), loyalty_points = 7 * ascii(right(id, 1))")
    app.map("accounts", balance="balance_usd")
    assert "accounts" not in rehearsed(app)
    app.sql("ALTER TABLE wallets RENAME loyalty_points TO bonus_credits")
    assert "bonus_credits of wallets look like balances" in rehearsed(app)["accounts"]["message"]


def test_a_flag_of_rows_that_is_true_by_default(bare: AppDatabase) -> None:
    app = shop(bare)
    app.sql("ALTER TABLE book DROP total, ADD confirmed boolean NOT NULL DEFAULT true")
    assert rehearsed(app) == {}
    app.sql("ALTER TABLE book ALTER confirmed SET DEFAULT false")
    assert "confirmed is set on 20 of the 20 newest refunds" in rehearsed(app)["ledger"]["message"]
    app.sql("ALTER TABLE book ALTER confirmed SET DEFAULT true")
    app.map("ledger.insert", confirmed="false")
    assert "confirmed is set on 20 of the 20 newest refunds" in rehearsed(app)["ledger"]["message"]


def test_keys_of_json_that_no_file_can_write(bare: AppDatabase) -> None:
    """Each refund of the app's has another address, and only some have a note."""
    app = shop(bare)
    app.sql("ALTER TABLE book DROP total, ADD meta jsonb; UPDATE book AS b SET meta = jsonb_strip_nulls("
            "jsonb_build_object('price', j.price, 'ip', '10.0.0.' || b.id, 'note', CASE b.id % 3 WHEN 0 THEN 'late' END"
            ")) FROM jobs AS j WHERE j.id = b.job")  # fmt: skip
    app.map("ledger.insert", meta="jsonb_build_object('price', s.price, 'by', 'sweeper')")
    assert rehearsed(app) == {}
    app.map("ledger.insert", meta="jsonb_build_object('price', s.price + 1)")
    assert "is not what the app wrote for" in rehearsed(app)["past_refunds"]["message"]
    app.map("ledger.insert", meta="jsonb_build_object('price', s.price)")
    for left_out in ("'version', 2", "'job', job", "'wallet', wallet", "'credits', amount"):
        app.sql(f"UPDATE book SET meta = meta || jsonb_build_object({left_out})")
        key = left_out.partition(",")[0]
        assert f"leaves out what the app wrote: {key} (" in rehearsed(app)["past_refunds"]["message"]
        app.sql(f"UPDATE book SET meta = meta - {key}")


def test_a_trigger_that_moves_the_balance_as_the_file_says(bare: AppDatabase) -> None:
    app = shop(bare)
    app.sql("CREATE FUNCTION post() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; "
            "CREATE TRIGGER post AFTER INSERT ON book FOR EACH ROW EXECUTE FUNCTION post()")  # fmt: skip
    app.write()
    assert "make sure that none of them moves credits" in items(check(app.database))["triggers"]["message"]
    app.map("accounts", add={})
    app.write()
    assert "make sure that none of the others moves credits" in items(check(app.database))["triggers"]["message"]


def test_what_came_in_since_ever(app: App) -> None:
    app.sql("ALTER TABLE wallets ADD lifetime_credits_bought int, ADD total_credits_earned int")
    app.sql("UPDATE wallets SET balance = 900 + ascii(right(id, 1)), "
            "lifetime_credits_bought = 50 * ascii(right(id, 1)), "
            "total_credits_earned = 70 * ascii(right(id, 1))")  # fmt: skip
    assert "accounts" not in rehearsed(app)


def test_a_counter_that_the_refunds_of_the_app_left_alone(app: App) -> None:
    """Without a ledger, the costs of all sessions show it."""
    app.sql("UPDATE jobs SET price = 1 + substr(id, 2)::int * substr(owner, 2)::int % 7; "
            "ALTER TABLE wallets ADD used int; UPDATE wallets AS w SET balance = 900 + ascii(right(w.id, 1)), "
            "used = (SELECT sum(price) FROM jobs WHERE owner = w.id)")  # fmt: skip
    assert "accounts" not in rehearsed(app)
    app.sql("UPDATE wallets AS w SET used = (SELECT sum(price) FROM jobs WHERE owner = w.id AND refunded_at IS NULL)")
    assert "used of wallets" in str(rehearsed(app))
    app.sql(
        "ALTER TABLE jobs ADD back int NOT NULL DEFAULT 0; UPDATE jobs SET back = price WHERE refunded_at IS NOT NULL"
    )
    app.sql("UPDATE jobs SET refunded_at = NULL")
    del app.sections["sessions"]["exclude"]
    app.map(amount="price - back")
    app.map("sessions.refunded", back="s.back + amount")
    assert "used of wallets" in str(rehearsed(app))
    app.sql("UPDATE wallets AS w SET used = (SELECT sum(price) FROM jobs WHERE owner = w.id)")
    assert "accounts" not in rehearsed(app)


def test_what_each_account_has_spent_in_a_table_of_statistics(app: App) -> None:
    app.sql("CREATE TABLE wallet_stats (wallet_id text PRIMARY KEY REFERENCES wallets, credits_spent numeric); "
            "INSERT INTO wallet_stats SELECT owner, sum(price) FROM jobs GROUP BY 1")  # fmt: skip
    assert rehearsed(app) == {}
    app.sql("ALTER TABLE wallet_stats RENAME TO wallet_extras")
    assert "credits_spent of wallet_extras look like" in rehearsed(app)["accounts"]["message"]


def test_the_number_of_the_row_that_gave_back(app: App) -> None:
    """One session has cost as much as the number of its row by chance."""
    app.sql("ALTER TABLE jobs ADD refund_id bigint; UPDATE jobs SET refund_id = substr(id, 2)::int + 2 "
            "WHERE refunded_at IS NOT NULL")  # fmt: skip
    app.map(exclude="refund_id IS NOT NULL")
    assert "past_refunds" not in rehearsed(app)
    app.sql("ALTER TABLE jobs RENAME refund_id TO refunded_credits")
    app.map(exclude="refunded_credits IS NOT NULL")
    assert "than the app gave back for" in rehearsed(app)["past_refunds"]["message"]


def test_the_next_number_of_an_account(bare: AppDatabase) -> None:
    app = shop(bare)
    app.sql("ALTER TABLE book DROP total, ADD seq int; UPDATE book SET seq = id")
    app.map("ledger.insert", seq="(SELECT coalesce(max(b.seq), 0) + 1 FROM book b WHERE b.wallet = refund.account_id)")
    assert rehearsed(app) == {}
    app.map("ledger.insert", seq="(SELECT max(b.seq) FROM book b WHERE b.wallet = refund.account_id)")
    assert "is not what the app wrote for" in rehearsed(app)["past_refunds"]["message"]


def test_a_flag_of_ours_that_the_rows_of_the_app_are_without(bare: AppDatabase) -> None:
    app = shop(bare)
    app.sql("ALTER TABLE book DROP total, ADD swept boolean NOT NULL DEFAULT false")
    app.map(amount="(SELECT -sum(b.amount) FROM book b WHERE b.job = s.id AND NOT b.swept)")
    app.map("ledger", where="swept")
    app.map("ledger.past", where="kind = 'refund' AND NOT swept")
    app.map("ledger.insert", swept="true")
    assert rehearsed(app) == {}


def test_what_is_left_is_the_same_for_all_when_a_month_begins(app: App) -> None:
    app.sql("ALTER TABLE wallets RENAME balance TO quota; ALTER TABLE wallets ADD usage int, ADD lifetime_usage int; "
            "UPDATE wallets SET quota = 1000, usage = ascii(right(id, 1)), "
            "lifetime_usage = ascii(right(id, 1))")  # fmt: skip
    app.map("accounts", balance="quota")
    assert "quota is what was given, and usage counts" in rehearsed(app)["accounts"]["message"]
    app.sql("ALTER TABLE wallets DROP usage")
    assert "is what was given" not in rehearsed(app)["accounts"]["message"]
    app.sql("ALTER TABLE wallets RENAME lifetime_usage TO usage; ALTER TABLE wallets RENAME quota TO quota_left")
    app.map("accounts", balance="quota_left")
    assert "is what was given" not in rehearsed(app)["accounts"]["message"]


def test_work_that_is_planned_for_later_as_the_file_says(app: App) -> None:
    app.sql("ALTER TABLE jobs ADD run_at timestamptz; UPDATE jobs SET run_at = '2999-01-01' "
            "WHERE id > 'j45' AND state = 'running'")  # fmt: skip
    app.map(active_at="greatest(beat, run_at)")
    app.install()
    assert items(check(app.database))["future_times"]["status"] == "ok"
    app.map(active_at="coalesce(run_at, beat)")
    app.install()
    assert "last active later than now" in items(check(app.database))["future_times"]["message"]


@pytest.mark.parametrize("team", ["NULL", "'x'"])
def test_work_that_succeeds_costs_less_and_the_one_that_failed_did_not(app: App, team: str) -> None:
    """All other accounts show what success costs, and nothing about a failure."""
    app.sql("TRUNCATE jobs, wallets; ALTER TABLE jobs ADD final int")
    app.sql("INSERT INTO wallets SELECT 'w' || n FROM generate_series(0, 19) AS n")
    app.sql("INSERT INTO jobs (id, owner, state, price, began, ended, beat) SELECT 'j' || n, 'w' || n % 20, "
            "CASE WHEN n <= 60 THEN 'failed' ELSE 'done' END, 2 + n * n % 11, now() - n * interval '1 s' "
            "- interval '50 min', now() - interval '20 min', now() FROM generate_series(1, 120) AS n")  # fmt: skip
    app.sql(
        f"UPDATE jobs SET final = price - 1 - right(id, 1)::int % 2, team = {team} WHERE state = 'done' OR id = 'j43'"
    )
    app.sql("UPDATE wallets AS w SET balance = 1000 - (SELECT sum(CASE WHEN state = 'done' THEN final ELSE price END) "
            "FROM jobs AS j WHERE j.owner = w.id)")  # fmt: skip
    assert rehearsed(app) == {}
