"""``sweeper init`` where only values say how tables belong together, or where a table is named like something else."""

import tomllib
from pathlib import Path

import pytest

from tests.helpers.drafted import draft
from tests.helpers.server import Server

REFERENCES = (Path(__file__).parents[1] / "apps/questions/references.sql").read_text()
MESSAGES = """
CREATE TABLE clinics (id int PRIMARY KEY, name text, sms_credits int NOT NULL);
CREATE TABLE sms_logs (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), clinic_id int NOT NULL REFERENCES clinics,
    status text NOT NULL, credits_used int NOT NULL, sent_at timestamptz, delivered_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE sms_transactions (id serial PRIMARY KEY, clinic_id int NOT NULL REFERENCES clinics, kind text NOT NULL,
    amount int NOT NULL, reference_id text);
CREATE TABLE wallet_transactions (id serial PRIMARY KEY, clinic_id int NOT NULL REFERENCES clinics, kind text NOT NULL
    CHECK (kind IN ('credit', 'debit', 'refund')), amount int NOT NULL, reference_id text);
INSERT INTO clinics SELECT n, 'x', 100 FROM generate_series(1, 4) AS n;
INSERT INTO sms_logs (clinic_id, status, credits_used)
SELECT 1 + n % 4, (ARRAY['pending', 'sent', 'failed', 'delivered'])[1 + n % 4], 1 FROM generate_series(1, 40) AS n;
INSERT INTO sms_transactions (clinic_id, kind, amount, reference_id)
SELECT clinic_id, 'usage', -1, id FROM sms_logs
UNION ALL SELECT clinic_id, 'refund', 1, id FROM sms_logs WHERE status = 'failed';
INSERT INTO wallet_transactions (clinic_id, kind, amount) SELECT id, 'credit', 100 FROM clinics;
"""
TASKS = """
CREATE TABLE people (id int PRIMARY KEY, balance int NOT NULL);
CREATE TABLE api_tasks (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), people_id int NOT NULL REFERENCES people,
    task_status text NOT NULL, price int NOT NULL, err_msg text, created_at timestamptz NOT NULL DEFAULT now());
CREATE TYPE record_kind AS ENUM ('usage', 'refund', 'topup');
CREATE TYPE record_state AS ENUM ('pending', 'completed', 'failed');
CREATE TABLE billing_records (id serial PRIMARY KEY, people_id int NOT NULL REFERENCES people,
    kind record_kind NOT NULL, amount int NOT NULL, status record_state NOT NULL, reference_id text, error text,
    created_at timestamptz NOT NULL DEFAULT now());
"""
RENDERS = """
CREATE TABLE users (id int PRIMARY KEY, points int NOT NULL);
CREATE TABLE renders (id {key} PRIMARY KEY, user_id int NOT NULL REFERENCES users, status text NOT NULL,
    points int NOT NULL, created_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE point_histories (id serial PRIMARY KEY, user_id int NOT NULL REFERENCES users, type text NOT NULL,
    amount int NOT NULL, {link} text, created_at timestamptz NOT NULL DEFAULT now());
INSERT INTO users SELECT n, 100 FROM generate_series(1, 4) AS n;
INSERT INTO renders SELECT {value}, 1 + n % 4, (ARRAY['queued', 'done', 'failed'])[1 + n % 3], 2
    FROM generate_series(1, 60) AS n;
INSERT INTO point_histories (user_id, type, amount, {link}) SELECT id, 'add', 100, 'order-' || id FROM users;
INSERT INTO point_histories (user_id, type, amount, {link}) SELECT user_id, 'use', -2, id FROM renders;
"""
GIVEN_BACK = """INSERT INTO point_histories (user_id, type, amount, {link})
    SELECT user_id, 'add', 2, id FROM renders WHERE status = 'failed';"""
BY_UUID = {"key": "uuid", "value": "gen_random_uuid()", "link": "voucher"}


def test_a_log_of_messages_with_a_price_is_the_work(server: Server, tmp_path: Path) -> None:
    """The clinics have no states of their own, and each has many messages."""
    found, _ = draft(server, tmp_path, MESSAGES)
    assert (found["sessions"]["table"], found["sessions"]["account"]) == ("sms_logs", "clinic_id")
    assert (found["accounts"]["table"], found["accounts"]["balance"]) == ("clinics", "sms_credits")


def test_a_ledger_whose_rows_name_no_session_is_no_rival(server: Server, tmp_path: Path) -> None:
    found, _ = draft(server, tmp_path, MESSAGES)
    ledger = found["ledger"]
    assert (ledger["table"], ledger["session"], ledger["where"]) == (
        "sms_transactions",
        "reference_id",
        "kind = 'refund'",
    )


def test_rows_of_which_some_are_refunds_are_no_work(server: Server, tmp_path: Path) -> None:
    """Without a row, only they have states that are known."""
    found, _ = draft(server, tmp_path, TASKS)
    assert (found["sessions"]["table"], found["sessions"]["status"]) == ("api_tasks", "task_status")
    assert found["sessions"]["failed"] == ["?"]


def test_a_column_of_any_name_that_holds_ids_of_sessions(server: Server, tmp_path: Path) -> None:
    """And no kind of its rows is called a refund."""
    found, text = draft(server, tmp_path, (RENDERS + GIVEN_BACK).format(**BY_UUID))
    ledger = found["ledger"]
    assert (ledger["table"], ledger["session"], ledger["where"]) == ("point_histories", "voucher", "?")
    assert "\"type = 'add'\"   20 of the 24 newest of these rows name a session" in text
    assert "\"type = 'use'\"" not in text


def test_a_few_uuids_among_many_other_references(server: Server, tmp_path: Path) -> None:
    bought = """INSERT INTO point_histories (user_id, type, amount, voucher)
        SELECT 1, 'add', 5, 'order-' || n FROM generate_series(1, 200) AS n;"""
    found, _ = draft(server, tmp_path, RENDERS.format(**BY_UUID), bought)
    assert (found["ledger"]["table"], found["ledger"]["session"]) == ("point_histories", "voucher")


def test_numbers_that_are_ids_of_sessions_prove_nothing(server: Server, tmp_path: Path) -> None:
    found, text = draft(server, tmp_path, RENDERS.format(key="int", value="n", link="voucher"))
    assert "ledger" not in found
    assert "point_histories may be where the app keeps its refunds" in text


@pytest.mark.parametrize(
    ("upper", "word"), [("", "'refund'"), ("UPDATE point_histories SET type = upper(type);", "'REFUND'")]
)
def test_a_kind_that_no_row_has_yet(server: Server, tmp_path: Path, upper: str, word: str) -> None:
    """An app that never gave anything back: what its refunds are to be called is for the user to say."""
    found, text = draft(
        server, tmp_path, RENDERS.format(**BY_UUID), "DELETE FROM point_histories WHERE type = 'add';" + upper
    )
    assert found["ledger"]["where"] == "?"
    assert f'"type = {word}"   no row has it yet' in text


def test_a_kind_and_an_id_that_are_called_alike(server: Server, tmp_path: Path) -> None:
    paired = """ALTER TABLE point_histories RENAME voucher TO pointable_id;
        ALTER TABLE point_histories ADD pointable_type text;
        UPDATE point_histories SET pointable_type = CASE WHEN pointable_id LIKE 'order%' THEN 'Order' ELSE 'Render' END;
        INSERT INTO point_histories (user_id, type, amount, pointable_id, pointable_type)
        SELECT user_id, 'refund', 2, id, 'Render' FROM renders WHERE status = 'failed';"""
    found, _ = draft(server, tmp_path, RENDERS.format(key="int", value="n", link="voucher"), paired)
    ledger = found["ledger"]
    assert ledger["where"] == "type = 'refund' AND pointable_type = 'Render'"
    assert (ledger["session"], ledger["insert"]["pointable_type"]) == ("pointable_id", "'Render'")


def test_a_part_that_alone_has_a_price_is_the_work(server: Server, tmp_path: Path) -> None:
    crawls = """CREATE TABLE crawl_jobs (id serial PRIMARY KEY, user_id int NOT NULL REFERENCES users,
            status text NOT NULL, created_at timestamptz NOT NULL DEFAULT now());
        INSERT INTO crawl_jobs (user_id, status) SELECT 1 + n % 4, (ARRAY['queued', 'done', 'failed'])[1 + n % 3]
            FROM generate_series(1, 30) AS n;
        ALTER TABLE renders ADD crawl_job_id int REFERENCES crawl_jobs;"""
    found, _ = draft(server, tmp_path, RENDERS.format(**BY_UUID), crawls)
    assert found["sessions"]["table"] == "renders"


def test_rows_that_name_a_session_by_another_of_its_keys(server: Server, tmp_path: Path) -> None:
    other = """ALTER TABLE renders ADD request_ref text UNIQUE; UPDATE renders SET request_ref = 'r' || id;
        ALTER TABLE point_histories RENAME voucher TO request_ref;
        UPDATE point_histories SET request_ref = 'r' || request_ref;"""
    found, text = draft(server, tmp_path, RENDERS.format(**BY_UUID), other)
    assert (found["ledger"]["table"], found["ledger"]["session"]) == ("point_histories", "?")
    assert '"request_ref"   if it has request_ref of the session' in text


def test_work_of_a_type_that_speaks_of_refunds(server: Server, tmp_path: Path) -> None:
    """A job that sends a notice of a refund moves no credits."""
    jobs = """CREATE TABLE users (id int PRIMARY KEY, credits int NOT NULL);
        CREATE TABLE jobs (id int PRIMARY KEY, user_id int NOT NULL REFERENCES users, type text NOT NULL,
            status text NOT NULL, amount int NOT NULL, error text, created_at timestamptz NOT NULL DEFAULT now());
        CREATE TABLE hooks (id int PRIMARY KEY, user_id int NOT NULL REFERENCES users, status text NOT NULL);
        INSERT INTO users SELECT n, 9 FROM generate_series(1, 4) AS n;
        INSERT INTO jobs SELECT n, 1 + n % 4, (ARRAY['render', 'refund_notice'])[1 + n % 2],
            (ARRAY['running', 'done', 'failed'])[1 + n % 3], 2 FROM generate_series(1, 30) AS n;
        INSERT INTO hooks SELECT id, user_id, status FROM jobs;"""
    found, _ = draft(server, tmp_path, jobs)
    assert found["sessions"]["table"] == "jobs"


def test_refunds_that_name_nothing_must_be_shown_by_exclude(server: Server, tmp_path: Path) -> None:
    """The net recipe sees them as little as `where` does: what it pays, the app has paid."""
    nameless = "UPDATE coin_transactions SET subject_id = NULL WHERE kind = 'refund'"
    found, text = draft(server, tmp_path, REFERENCES, nameless)
    assert (found["sessions"]["exclude"], found["ledger"]["where"]) == ("?", "?")
    assert "6 refund rows of coin_transactions have nothing in subject_id" in text
    assert "net recipe" not in text
    of_others = "ALTER TABLE coin_transactions ADD video_id int; UPDATE coin_transactions SET video_id = 7"
    found, text = draft(server, tmp_path, REFERENCES, f"{nameless}; {of_others} WHERE kind = 'refund'")
    assert "have nothing in subject_id" not in text


def test_the_state_of_the_rows_of_refunds_is_not_left_to_its_default(server: Server, tmp_path: Path) -> None:
    """The order of the rows is when they were written, not when their money arrived."""
    more = """DELETE FROM coin_transactions WHERE subject_type = 'album';
        ALTER TABLE coin_transactions ADD status text NOT NULL DEFAULT 'pending', ADD paid_at timestamptz,
            ADD balance_before int, ADD balance_after int, ADD created_at timestamptz NOT NULL DEFAULT now();
        UPDATE coin_transactions SET status = 'completed', balance_after = 100 - id, balance_before = 100 - id - coins,
            paid_at = CASE WHEN id > 20 THEN now() END, created_at = now() - id * interval '1 minute';
        UPDATE members SET coins = (SELECT balance_after FROM coin_transactions AS t WHERE t.member_id = members.id
            ORDER BY t.created_at DESC LIMIT 1);
        ALTER TABLE coin_transactions ALTER id DROP DEFAULT, ALTER id TYPE text"""
    found, _ = draft(server, tmp_path, REFERENCES, more)
    insert = found["ledger"]["insert"]
    assert insert["status"] == "'completed'"
    assert (insert["balance_before"], insert["balance_after"]) == ("balance_before", "balance_after")


RETURNED = """
CREATE TABLE students (id uuid PRIMARY KEY, credits int NOT NULL);
CREATE TABLE recordings (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), student_id uuid NOT NULL REFERENCES students,
    status text NOT NULL, cost int NOT NULL, created_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE credit_transactions (id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    student_id uuid NOT NULL REFERENCES students, kind text NOT NULL, amount int NOT NULL, ref_type text, ref_id text,
    key text UNIQUE NOT NULL);
INSERT INTO students SELECT gen_random_uuid(), 100 FROM generate_series(1, 4);
INSERT INTO recordings (student_id, status, cost) SELECT id, (ARRAY['queued', 'failed', 'ready'])[1 + n % 3], 2
    FROM students, generate_series(1, 12) AS n;
INSERT INTO credit_transactions (student_id, kind, amount, ref_type, ref_id, key)
SELECT student_id, 'recording', -2, 'recording', id::text, 'take-' || id FROM recordings
UNION ALL (SELECT student_id, 'extra_purchase', 2, 'recording_refund', id::text, 'back-' || id FROM recordings
    WHERE status = 'failed' LIMIT 6)
UNION ALL SELECT id, 'extra_purchase', 100, 'payment_event', gen_random_uuid()::text, 'pay-' || id FROM students;
"""


def test_a_refund_may_be_named_by_what_its_reference_is(server: Server, tmp_path: Path) -> None:
    """By its kind it is a purchase, and by the name of the table its reference would be no recording."""
    found, _ = draft(server, tmp_path, RETURNED)
    assert found["ledger"]["where"] == "ref_type = 'recording_refund'"
    insert = found["ledger"]["insert"]
    assert (insert["ref_type"], insert["ref_id"], insert["kind"]) == ("'recording_refund'", "session_id::text", "?")
    assert "recording_refund" in found["sessions"]["charged"]  # what was given back is subtracted


def test_a_key_that_names_the_session_is_asked_about_where_the_link_is_open(server: Server, tmp_path: Path) -> None:
    state = "ALTER TABLE credit_transactions ADD status text NOT NULL DEFAULT 'pending'"
    found, text = draft(server, tmp_path, RETURNED, state)
    assert found["ledger"]["insert"]["ref_id"] == found["ledger"]["insert"]["key"] == "?"
    assert "The app's rows name their session in key, such as back-" in text


JOBS = """
CREATE SCHEMA queue;
CREATE TABLE teams (id int PRIMARY KEY, credits numeric NOT NULL);
CREATE TABLE queue.job (id uuid PRIMARY KEY, name text NOT NULL, state text NOT NULL, retry_count int NOT NULL,
    created_on timestamptz NOT NULL, started_on timestamptz, completed_on timestamptz);
CREATE TABLE dubs (id serial PRIMARY KEY, team_id int NOT NULL REFERENCES teams, job_id uuid NOT NULL,
    outcome text CHECK (outcome IN ('ok', 'error')), credits_reserved int NOT NULL, created_at timestamptz NOT NULL);
INSERT INTO teams SELECT n, 100 FROM generate_series(1, 5) AS n;
INSERT INTO queue.job SELECT md5(n::text)::uuid, 'dub', (ARRAY['completed', 'failed', 'active'])[1 + n % 3], 0,
    now() - n * interval '1 h', now() - n * interval '1 h', CASE WHEN n % 3 < 2 THEN now() END
FROM generate_series(1, 30) AS n;
INSERT INTO dubs (team_id, job_id, outcome, credits_reserved, created_at)
SELECT 1 + n % 5, md5(n::text)::uuid, (ARRAY['ok', 'error', NULL])[1 + n % 3], n, now() - n * interval '1 h'
FROM generate_series(1, 30) AS n;
"""


def test_the_job_in_a_queue_of_a_session_with_a_price(server: Server, tmp_path: Path) -> None:
    """The job has the better status, and nothing says what it costs."""
    with server.blank(tmp_path, JOBS) as database:
        assert database.sweeper("init", "--yes").exit_code == 0
        text = database.config.read_text()
    assert tomllib.loads(text)["sessions"]["table"] == "?"
    assert {one for one in ("queue.job", "dubs") if f'#   "{one}"' in text} == {"queue.job", "dubs"}
