"""Balances that have moved by something else than the amounts of the file, in apps that have no books."""

import pytest

from tests.helpers.any_app import ACCOUNTS, POLICY, SESSIONS, App
from tests.helpers.app_database import AppDatabase
from tests.helpers.shops import refuses, rehearsed

pytestmark = pytest.mark.slow

# 8 wallets and 4 teams; 48 jobs that failed, the app has given back two in three of these itself, 24 that succeeded and
# 24 that run. Each took what `taken` says, of the wallet of its owner; the price is that of what was made, in cents
STUDIO = """
TRUNCATE jobs, wallets;
CREATE TABLE teams (id int PRIMARY KEY, name text, credits numeric NOT NULL DEFAULT 700, used int NOT NULL DEFAULT 0);
INSERT INTO teams SELECT n, 'team ' || n FROM generate_series(1, 6) AS n;
ALTER TABLE jobs ADD kind text, ADD team int REFERENCES teams, ADD taken int, ADD seconds int, ADD ended timestamptz,
    ADD beat timestamptz, ADD refunded_at timestamptz;
INSERT INTO wallets SELECT 'w' || n, 1000 FROM generate_series(0, 7) AS n;
INSERT INTO jobs (id, owner, state, taken, began, ended, beat, kind, team, refunded_at)
SELECT 'j' || n, 'w' || n * 7 % 8, CASE WHEN n <= 48 THEN 'failed' WHEN n <= 72 THEN 'done' ELSE 'running' END,
       2 + n * n % 7, now() - interval '50 min' - n * interval '1 s',
       CASE WHEN n <= 72 THEN now() - interval '20 min' END, now() - interval '1 min',
       (ARRAY['image', 'video', 'sound'])[1 + n % 3], 1 + n * 5 % 7 % 6,
       CASE WHEN n <= 32 THEN now() - interval '10 min' END
FROM generate_series(1, 96) AS n;
UPDATE jobs SET price = taken * 100, seconds = taken * 60 - substr(id, 2)::int % 50;
"""
CHARGE = """
UPDATE wallets AS w SET balance = 1000 - (
    SELECT coalesce(sum(taken), 0) FROM jobs AS j WHERE j.owner = w.id AND refunded_at IS NULL
)
"""
UNPAID = "AND refunded_at IS NULL"


@pytest.fixture
def app(bare: AppDatabase) -> App:
    """A studio whose file is right."""
    app = App(bare)
    app.sql(STUDIO)
    app.sql(CHARGE)
    app.sections = {"sessions": dict(SESSIONS), "accounts": dict(ACCOUNTS), "policy": dict(POLICY)}
    app.map("policy", max_amount=100000, max_credits=1000000)
    app.map(active_at="beat", failed_at="ended", ended_at="ended", amount="taken", exclude="refunded_at IS NOT NULL")
    app.map("sessions.refunded", refunded_at="at")
    app.map("accounts", invariant="balance <= 1000 AND id <> ''")
    return app


def found(app: App) -> str:
    """What `balances` says, which fails."""
    return refuses(app, "balances")


def test_a_price_in_cents(app: App) -> None:
    assert rehearsed(app) == {}
    app.map(amount="price")
    assert "have moved by exactly taken of their sessions, and not by sessions.amount = 'price'" in found(app)


def test_an_amount_that_is_the_same_part_too_much_for_all(app: App) -> None:
    """No column has what was taken."""
    app.sql("ALTER TABLE jobs DROP taken")
    app.map(amount="price / 100")
    assert rehearsed(app) == {}
    app.map(amount="price / 50")
    assert "where sessions.amount = 'price / 50' is" in found(app)


def test_seconds_in_place_of_credits_and_a_cost_that_few_sessions_have(app: App) -> None:
    app.map(amount="seconds")
    assert "have moved by exactly taken of their sessions" in found(app)
    app.sql("ALTER TABLE jobs ADD final int; UPDATE jobs SET final = taken - 1 WHERE substr(id, 2)::int % 3 = 0")
    app.sql(CHARGE.replace("sum(taken)", "sum(coalesce(final, taken))"))
    app.map(amount="taken")
    assert "exactly final of their sessions where that is set, and not by sessions.amount = 'taken': 14" in found(app)
    app.map(amount="coalesce(final, taken)")
    assert rehearsed(app) == {}


def test_a_kind_that_nothing_is_taken_for(app: App) -> None:
    app.sql(f"{CHARGE.rstrip()[:-1]} AND kind <> 'sound')")
    assert """without those of which "kind" = 'sound': 13 sessions""" in found(app)
    app.map(never="kind = 'sound'")
    assert rehearsed(app) == {}


def test_a_number_for_what_the_app_has_given_back_in_another_way(app: App) -> None:
    """There are no marks on canceled work, and its status is a number."""
    app.sql("ALTER TABLE jobs ALTER state TYPE int USING CASE state WHEN 'failed' THEN 3 WHEN 'done' THEN 2 ELSE 1 END")
    app.sql("UPDATE jobs SET state = 4 WHERE state = 3 AND substr(id, 2)::int % 3 = 1")
    app.sql("UPDATE jobs SET refunded_at = NULL WHERE state = 4")
    app.sql(f"{CHARGE.rstrip()[:-1]} AND state <> 4)")
    app.map(failed=[3, 4], running=[1], succeeded=[2])
    assert """without those of which "state" = '4': 16 sessions""" in found(app)
    app.map(failed=[3], succeeded=[2, 4])
    assert rehearsed(app) == {}


def test_a_mark_without_a_telling_name(app: App) -> None:
    app.sql("ALTER TABLE jobs RENAME refunded_at TO settled_on")
    app.map("sessions.refunded", refunded_at=None, settled_on="at")
    app.map(exclude="settled_on IS NULL")
    assert "that exclude = 'settled_on IS NULL' is true of, and not by the others" in found(app)
    app.map(exclude="coalesce(settled_on < '2020-01-01', false)")
    assert 'without those of which "settled_on" IS NOT NULL' in found(app)
    app.map(exclude="settled_on IS NOT NULL")
    assert rehearsed(app) == {}


def test_another_column_that_the_balance_is(app: App) -> None:
    """What accounts were given is theirs to know, and so is what was ever bought: neither hides a wrong amount."""
    app.sql("ALTER TABLE wallets ADD granted numeric; UPDATE wallets SET granted = 1000 + ascii(right(id, 1)) * 7")
    app.sql("UPDATE wallets SET balance = balance + granted - 1000")
    app.map("accounts", invariant="balance <= granted")
    assert rehearsed(app) == {}
    app.map(amount="price")
    assert "have moved by exactly taken of their sessions" in found(app)


def test_balances_that_nothing_explains(app: App) -> None:
    """What was bought is not on the account, and nothing is said of the amounts."""
    app.sql("UPDATE wallets SET balance = balance + ascii(right(id, 1)) * 37 % 11")
    app.map("accounts", invariant=None)
    assert {name: item["status"] for name, item in rehearsed(app).items()} == {"accounts": "warning"}
    app.map(amount="price")
    assert {name: item["status"] for name, item in rehearsed(app).items()} == {"accounts": "warning"}


def of_team(app: App, column: str, sign: str, condition: str) -> None:
    """Let the teams' numbers have what their sessions took."""
    took = f"SELECT sum(taken) FROM jobs AS j WHERE j.team = t.id {condition}"
    app.sql(f"UPDATE teams AS t SET {column} = 700 {sign} ({took})")


def test_a_counter_of_a_team_that_a_refund_leaves(app: App) -> None:
    of_team(app, "used", "+", UNPAID)
    said = "used of teams, which sessions name by team, has moved by exactly what they took and were given back, and a"
    assert said in found(app)
    of_team(app, "used", "+", "")
    assert rehearsed(app) == {}, "a statistic: no refund of the app takes anything off it"


def test_the_team_was_charged(app: App) -> None:
    app.sql("UPDATE wallets SET balance = 1000")
    of_team(app, "credits", "-", UNPAID)
    said = "has moved by exactly what they took and were given back, and accounts.balance = 'balance' has not"
    assert said in found(app)
    app.map(account="team")
    app.map("accounts", table="teams", balance="credits", invariant="credits <= 700 AND used >= 0")
    assert rehearsed(app) == {}


def test_the_team_may_have_been_charged(app: App) -> None:
    """Nothing was given back yet, so that it may be a number beside the one that counts."""
    app.sql("UPDATE jobs SET refunded_at = NULL")
    app.sql("UPDATE wallets SET balance = 1000 + ascii(right(id, 1)) * 37 % 11")
    of_team(app, "credits", "-", "")
    item = rehearsed(app)["balances"]
    assert (item["status"], "who was charged?" in item["message"]) == ("warning", True)


COUNTED = """
ALTER TABLE wallets ADD used numeric NOT NULL DEFAULT 0;
UPDATE wallets SET used = 1000 - balance;
UPDATE wallets SET balance = balance + 10 * substr(id, 2)::int * substr(id, 2)::int;
"""


def test_a_counter_tells_whatever_was_bought(app: App) -> None:
    app.sql(COUNTED)
    app.map("accounts", spent="used", invariant=None)
    assert rehearsed(app).keys().isdisjoint({"balances", "accounts"})
    app.map(amount="seconds")
    assert "have moved by exactly taken of their sessions, and not by sessions.amount = 'seconds'" in found(app)
    app.map("accounts", spent=None)
    app.map("accounts.add", balance="amount", used="-amount")
    assert "have moved by exactly taken of their sessions" in found(app)


TOTALS = """
ALTER TABLE teams ADD total int, ADD refunded int;
UPDATE teams AS t SET total = (SELECT sum(taken) FROM jobs AS j WHERE j.team = t.id),
    refunded = (SELECT sum(taken) FROM jobs AS j WHERE j.team = t.id AND refunded_at IS NOT NULL);
UPDATE wallets SET balance = balance + 10 * substr(id, 2)::int * substr(id, 2)::int;
"""
HOOK = """
CREATE FUNCTION total() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    UPDATE teams SET refunded = refunded + NEW.amount WHERE id = (SELECT team FROM jobs WHERE id = NEW.session_id);
    RETURN NULL;
END $$;
CREATE TRIGGER total AFTER INSERT ON sweeper.refunds FOR EACH ROW EXECUTE FUNCTION total();
"""


def test_what_a_team_was_given_back_is_moved_by_a_hook(app: App) -> None:
    app.sql(TOTALS)
    assert "refunded of teams" in rehearsed(app)["balances"]["message"]
    assert app.install().exit_code == 0
    app.sql(HOOK)
    assert "balances" not in rehearsed(app)


@pytest.mark.parametrize(("discount", "kind"), [("100", "sound"), ("20", "video")])
def test_a_kind_that_less_is_taken_for(app: App, discount: str, kind: str) -> None:
    """No column has what was taken."""
    app.sql("ALTER TABLE jobs ADD off numeric(5, 2) NOT NULL DEFAULT 0; UPDATE jobs SET price = taken * 2")
    app.sql(f"UPDATE jobs SET off = {discount} WHERE kind = '{kind}'")
    app.sql(CHARGE.replace("sum(taken)", "sum(price * (100 - off) / 100)") + "; ALTER TABLE jobs DROP taken")
    app.map(amount="price * (100 - off) / 100")
    assert rehearsed(app) == {}
    app.map(amount="price")
    said = "without those of which" if discount == "100" else "by 4/5 of that where \"kind\" = 'video': 13 sessions"
    assert said in found(app)


def test_a_share_that_is_a_multiple_of_the_amount(app: App) -> None:
    """A counter that has moved by the amounts proves nothing of the balance beside it."""
    app.sql("ALTER TABLE wallets ADD spent numeric; UPDATE wallets SET spent = 1000 - balance")
    app.map("accounts", spent="spent", invariant="balance + spent = 1000")
    assert rehearsed(app) == {}
    app.map("accounts", balance="balance / 100")
    app.map("accounts.add", balance="amount * 100")
    said = "accounts.invariant = 'balance + spent = 1000' holds for the accounts of 40 sessions"
    assert said in refuses(app, "accounts"), "not after a refund"
    app.map("accounts", invariant="balance <= 1000")
    app.map("accounts.add", balance="amount * 100")
    said = "balance has moved by exactly what sessions took, for 8 accounts, such as w0"
    assert f"{said}, and [accounts.add] balance = 'amount * 100' would give back 100 times as much" in found(app)
    app.sql("UPDATE wallets SET balance = 100000 - spent * 100")
    app.map("accounts", invariant="balance <= 100000")
    assert rehearsed(app) == {}, "it is in cents"


MEMBERS = """
CREATE TABLE people (id text PRIMARY KEY);
INSERT INTO people SELECT id FROM wallets;
ALTER TABLE jobs ADD FOREIGN KEY (owner) REFERENCES people;
CREATE TABLE members (team int REFERENCES teams, person text REFERENCES people, used int, PRIMARY KEY (team, person));
INSERT INTO members SELECT 1 + ascii(right(owner, 1)) % 2, owner, sum(taken) FILTER (WHERE refunded_at IS NULL)
FROM jobs GROUP BY 2;
"""


def test_a_counter_of_the_member_who_used_it(app: App) -> None:
    """No column of a session names the row, but both name the same person."""
    app.sql(MEMBERS)
    said = "used of members, whose person is owner of sessions, has moved by exactly what they took and were given back"
    assert said in found(app)
    app.sql("INSERT INTO members SELECT 3 + ascii(right(id, 1)) % 2, id, 0 FROM people")
    assert said in found(app), "each is in two teams"
    app.sql("UPDATE members AS m SET used = (SELECT sum(taken) FROM jobs AS j WHERE j.owner = m.person) WHERE team < 3")
    assert rehearsed(app) == {}, "it counts all that was ever used"
    app.sql(MEMBERS.partition("INSERT INTO members")[2].join(("TRUNCATE members; INSERT INTO members", "")))
    app.sql("CREATE TABLE uses (id serial, person text REFERENCES people, taken int); "
            "INSERT INTO uses (person, taken) SELECT owner, taken FROM jobs WHERE refunded_at IS NULL; "
            "DROP TABLE members")  # fmt: skip
    assert rehearsed(app) == {}, "a row for each charge"
