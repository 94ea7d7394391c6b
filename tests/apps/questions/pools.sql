-- Coins of the plan and coins that were bought, and on each portrait what came from which.
CREATE TABLE customers (id int PRIMARY KEY, plan_coins int NOT NULL, topup_coins int NOT NULL);
CREATE TABLE portraits (id int PRIMARY KEY, customer_id int NOT NULL REFERENCES customers, status text NOT NULL,
    price int NOT NULL, coins_from_plan int NOT NULL, coins_from_topup int NOT NULL, refunded_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(), finished_at timestamptz);
INSERT INTO customers SELECT n, 10 * n, 100 FROM generate_series(1, 4) AS n;
INSERT INTO portraits SELECT n, 1 + n % 4, (ARRAY['queued', 'running', 'done', 'failed'])[1 + n % 4], 5, 2, 3
    FROM generate_series(1, 60) AS n;
