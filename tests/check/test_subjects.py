"""Books that name whatever a row is about by a kind and a number, which may be that of a session by chance."""

import pytest

from tests.helpers.any_app import ACCOUNTS, POLICY, SESSIONS, App
from tests.helpers.app_database import AppDatabase
from tests.helpers.shops import refuses, rehearsed

pytestmark = pytest.mark.slow

# 40 jobs that failed, of which the first 30 were charged; and the charges of 100 pictures of others
BOOKS = """
TRUNCATE jobs, wallets;
ALTER TABLE jobs ADD beat timestamptz, ADD ended timestamptz;
ALTER TABLE jobs ALTER id TYPE int USING 1;
INSERT INTO wallets SELECT 'w' || n, 1000 FROM generate_series(0, 6) AS n;
INSERT INTO jobs (id, owner, state, price, began, ended, beat)
SELECT n, 'w' || n % 5, CASE WHEN n <= 40 THEN 'failed' ELSE 'done' END, 2 + n % 6,
       now() - interval '50 min', now() - interval '20 min', now() - interval '1 min'
FROM generate_series(1, 60) AS n;
CREATE TABLE lines (id bigserial PRIMARY KEY, owner text, subject_type text, subject_id int, kind text, amount int);
INSERT INTO lines (owner, subject_type, subject_id, kind, amount)
SELECT owner, 'Job', id, 'charge', -price FROM jobs WHERE id <= 30 OR id > 40;
INSERT INTO lines (owner, subject_type, subject_id, kind, amount)
SELECT 'w' || 5 + n % 2, 'Picture', n, 'charge', -9 FROM generate_series(1, 100) AS n;
"""
OF_JOB = "(SELECT -sum(l.amount) FROM lines AS l WHERE l.subject_id = s.id AND l.subject_type = 'Job')"


@pytest.fixture
def app(bare: AppDatabase) -> App:
    """A shop whose file is right."""
    app = App(bare)
    app.sql(BOOKS)
    app.sections = {"sessions": dict(SESSIONS), "accounts": dict(ACCOUNTS), "policy": dict(POLICY)}
    app.map("policy", max_amount=100, max_credits=1000)
    app.map(active_at="beat", failed_at="ended", ended_at="ended", charged=OF_JOB)
    return app


def test_the_number_alone(app: App) -> None:
    assert "charges" not in rehearsed(app)
    app.map(charged="(SELECT -sum(l.amount) FROM lines AS l WHERE l.subject_id = s.id)")
    said = "sessions.charged counts rows of lines as those of a session whose subject_id is its number"
    assert said in refuses(app, "charges")
    app.sql(
        "ALTER TABLE lines RENAME subject_id TO object_id; ALTER TABLE lines RENAME subject_type TO content_type_id"
    )
    app.map(charged="(SELECT -sum(l.amount) FROM lines AS l WHERE l.object_id = s.id)")
    assert "whose object_id is its number" in rehearsed(app)["charges"]["message"]


def test_the_number_of_a_content_type(app: App) -> None:
    """Beside it the rows have a kind of their own, which the file need not read."""
    app.sql(
        "ALTER TABLE lines RENAME subject_id TO object_id;"
        "ALTER TABLE lines ADD content_type_id int; UPDATE lines SET content_type_id = length(subject_type);"
        "UPDATE lines SET kind = 'topup' WHERE subject_type = 'Picture'; ALTER TABLE lines DROP subject_type"
    )
    charged = "(SELECT -sum(l.amount) FROM lines AS l WHERE l.object_id = s.id AND l.content_type_id = 3)"
    app.map(charged=charged)
    assert "charges" not in rehearsed(app)
    app.map(charged=charged.replace(" AND l.content_type_id = 3", ""))
    assert "these are about something else" in refuses(app, "charges")


def test_numbers_that_go_up_by_what_each_costs(app: App) -> None:
    """The sessions of one account, at one credit each: their ids are no running balance."""
    app.sql("DELETE FROM lines WHERE subject_type = 'Picture'; UPDATE jobs SET owner = 'w1', price = 1")
    app.sql("UPDATE lines SET owner = 'w1', amount = -1")
    app.sections["ledger"] = {"table": "lines", "session": "subject_id", "where": "kind = 'refund'"}
    app.sections["ledger.insert"] = {
        "owner": "account_id", "subject_type": "'Job'", "subject_id": "session_id", "kind": "'refund'",
        "amount": "amount",
    }  # fmt: skip
    assert "ledger" not in rehearsed(app)


def test_many_rows_later(app: App) -> None:
    """The newest rows have those of the pictures, and no more the charges of the jobs with the same numbers."""
    app.sql(
        "INSERT INTO jobs (id, owner, state, price, began, ended, beat) SELECT n, 'w' || n % 5, 'done', 2 + n % 6,"
        " now() - interval '50 min', now() - interval '20 min', now() FROM generate_series(61, 4960) AS n"
    )
    app.sql(
        "INSERT INTO lines (owner, subject_type, subject_id, kind, amount)"
        " SELECT owner, 'Job', id, 'charge', -price FROM jobs WHERE id > 60 ORDER BY id"
    )
    assert "charges" not in rehearsed(app)
    app.map(charged=OF_JOB.replace("l.subject_type = 'Job'", "l.kind = 'charge'"))
    assert "whose subject_type is 'Picture': these are about something else" in refuses(app, "charges")


def test_the_account_that_rows_about_the_sessions_name(app: App) -> None:
    app.sql("ALTER TABLE lines ADD FOREIGN KEY (owner) REFERENCES wallets")
    app.sql("ALTER TABLE jobs ADD sharer text; UPDATE jobs SET sharer = 'w' || (id + 1) % 5")
    assert "charges" not in rehearsed(app)
    app.map(account="sharer")
    found = rehearsed(app)["charges"]
    assert found["status"] == "warning", "the member of a team that pays may be named"
    assert "another account than they name in owner for 50 of 50 sessions" in found["message"]
    app.sql("ALTER TABLE lines ADD made_by text REFERENCES wallets DEFAULT 'w6'")
    assert "charges" not in rehearsed(app), "any of the two may be the account"


def test_another_condition_that_leaves_the_others_in(app: App) -> None:
    app.map(charged="(SELECT -sum(l.amount) FROM lines AS l WHERE l.subject_id = s.id AND l.kind = 'charge')")
    assert "whose subject_type is 'Picture': these are about something else" in refuses(app, "charges")


def test_the_kind_of_something_else(app: App) -> None:
    app.map(charged=OF_JOB.replace("Job", "Picture"))
    assert "whose subject_type is 'Picture': these are about something else" in refuses(app, "charges")


def test_another_condition_that_leaves_them_out(app: App) -> None:
    app.sql("UPDATE lines SET kind = 'picture charge' WHERE subject_type = 'Picture'")
    app.map(charged="(SELECT -sum(l.amount) FROM lines AS l WHERE l.subject_id = s.id AND l.kind = 'charge')")
    assert "charges" not in rehearsed(app)


def test_two_kinds_that_are_both_about_sessions(app: App) -> None:
    app.sql("DELETE FROM lines WHERE subject_type = 'Picture'")
    app.sql("UPDATE lines SET subject_type = 'Clip' WHERE subject_id % 2 = 0")
    app.map(charged="(SELECT -sum(l.amount) FROM lines AS l WHERE l.subject_id = s.id)")
    assert "charges" not in rehearsed(app)


TENANTS = """
ALTER TABLE jobs ADD tenant int, ADD no int;
UPDATE jobs SET tenant = id % 2, no = id / 2;
ALTER TABLE jobs ADD UNIQUE (tenant, no);
ALTER TABLE lines ADD tenant int, ADD job_no int;
UPDATE lines SET tenant = subject_id % 2, job_no = subject_id / 2 WHERE subject_type = 'Job';
ALTER TABLE lines ADD FOREIGN KEY (tenant, job_no) REFERENCES jobs (tenant, no);
"""
OF_TENANT = "(SELECT -sum(l.amount) FROM lines AS l WHERE l.job_no = s.no AND l.tenant = s.tenant)"


def test_the_number_without_its_tenant(app: App) -> None:
    """A foreign key has both; the number begins anew for each tenant."""
    app.sql(TENANTS)
    app.map(charged=OF_TENANT)
    assert "charges" not in rehearsed(app)
    app.map(charged="(SELECT -sum(l.amount) FROM lines AS l WHERE l.job_no = s.no)")
    said = refuses(app, "charges")
    assert "sessions.charged counts rows of lines as those of a session by job_no alone" in said
    assert "a foreign key of job_no and tenant says which are the session's" in said


def test_a_tenant_without_the_number(app: App) -> None:
    """What is true of a tenant may be true of all its sessions."""
    app.sql(TENANTS)
    never = "EXISTS (SELECT FROM lines AS l WHERE l.tenant = s.tenant AND l.kind = 'internal')"
    app.map(charged=OF_TENANT, never=never)
    assert "charges" not in rehearsed(app)


def test_a_number_that_no_other_tenant_has(app: App) -> None:
    app.sql(TENANTS)
    app.sql("ALTER TABLE lines DROP CONSTRAINT lines_tenant_job_no_fkey; UPDATE jobs SET no = 1000 + id")
    app.sql("UPDATE lines SET job_no = 1000 + subject_id WHERE job_no IS NOT NULL")
    app.sql("ALTER TABLE lines ADD FOREIGN KEY (tenant, job_no) REFERENCES jobs (tenant, no)")
    app.map(charged="(SELECT -sum(l.amount) FROM lines AS l WHERE l.job_no = s.no)")
    assert "charges" not in rehearsed(app)
