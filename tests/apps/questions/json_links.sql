-- A ledger without a column for the session: a charge and a refund name it inside json.
CREATE TABLE accounts (id int PRIMARY KEY, credits int NOT NULL);
CREATE TABLE scans (id serial PRIMARY KEY, account_id int NOT NULL REFERENCES accounts, status text NOT NULL,
    price int NOT NULL, error text, created_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE credit_events (id bigserial PRIMARY KEY, account_id int NOT NULL REFERENCES accounts, amount int NOT NULL,
    meta jsonb NOT NULL);
INSERT INTO accounts SELECT n, 100 FROM generate_series(1, 3) AS n;
INSERT INTO scans (account_id, status, price) SELECT 1 + n % 3, (ARRAY['queued', 'running', 'done', 'failed'])[1 + n % 4], 4
    FROM generate_series(1, 40) AS n;
INSERT INTO credit_events (account_id, amount, meta) SELECT account_id, -price, jsonb_build_object('scan_id', id) FROM scans;
INSERT INTO credit_events (account_id, amount, meta) SELECT account_id, price, jsonb_build_object('refund_of_scan', id)
    FROM scans WHERE status = 'failed' LIMIT 3;
