-- Two postings a transfer, each with the purse's running balance.
CREATE TABLE purses (id text PRIMARY KEY, balance numeric NOT NULL);
CREATE TABLE transfers (id int PRIMARY KEY, made_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE postings (id bigserial PRIMARY KEY, transfer_id int NOT NULL REFERENCES transfers, purse_id text NOT NULL
    REFERENCES purses, amount numeric NOT NULL, running_balance numeric NOT NULL);
CREATE TABLE dubs (id int PRIMARY KEY, purse_id text NOT NULL REFERENCES purses, status text NOT NULL, price numeric,
    error text, created_at timestamptz NOT NULL DEFAULT now());
INSERT INTO purses VALUES ('house', 20), ('p1', 90), ('p2', 80);
INSERT INTO transfers VALUES (1), (2);
INSERT INTO postings (transfer_id, purse_id, amount, running_balance) VALUES
    (1, 'p1', -10, 90), (1, 'house', 10, 10), (2, 'p2', -20, 80), (2, 'house', 10, 20);
INSERT INTO dubs SELECT n, 'p1', (ARRAY['queued', 'running', 'done', 'failed'])[1 + n % 4], 2
    FROM generate_series(1, 40) AS n;
