-- Wallets to which no key leads, and the ids of users are those of other wallets.
CREATE TABLE users (id serial PRIMARY KEY, email text);
CREATE TABLE wallets (id serial PRIMARY KEY, holder int UNIQUE, balance int NOT NULL);
CREATE TABLE dubs (id text PRIMARY KEY, user_id int NOT NULL, status text NOT NULL, cost int NOT NULL,
    created_at timestamptz NOT NULL);
CREATE TABLE wallet_entries (id bigserial PRIMARY KEY, wallet_no int NOT NULL, kind text NOT NULL, amount int NOT NULL,
    dub_id text REFERENCES dubs);
INSERT INTO users SELECT n FROM generate_series(1, 4) AS n;
INSERT INTO wallets (holder, balance) SELECT 5 - n, 100 FROM generate_series(1, 4) AS n;
INSERT INTO dubs SELECT 'd' || n, 1 + n % 4, (ARRAY['queued', 'running', 'done', 'failed'])[1 + n % 4], 3, now()
    FROM generate_series(1, 40) AS n;
INSERT INTO wallet_entries (wallet_no, kind, amount, dub_id) SELECT 4 - user_id, 'usage', -cost, id FROM dubs;
INSERT INTO wallet_entries (wallet_no, kind, amount, dub_id)
    SELECT 4 - user_id, 'refund', cost, id FROM dubs WHERE status = 'failed';
