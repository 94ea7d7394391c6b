-- Several wallets of one user, and serial ids everywhere: each user's id is also the id of some wallet.
CREATE TABLE users (id serial PRIMARY KEY, email text);
CREATE TABLE wallets (id serial PRIMARY KEY, user_id int NOT NULL, kind text NOT NULL, credits int NOT NULL);
CREATE TABLE upscales (id serial PRIMARY KEY, user_id int NOT NULL, status text NOT NULL, cost int NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(), finished_at timestamptz);
INSERT INTO users (email) SELECT 'e' || n FROM generate_series(1, 5) AS n;
INSERT INTO wallets (user_id, kind, credits) SELECT 1 + n % 5, (ARRAY['main', 'promo'])[1 + n % 2], 10 * n
    FROM generate_series(1, 10) AS n;
INSERT INTO upscales (user_id, status, cost) SELECT 1 + n % 5, (ARRAY['queued', 'running', 'done', 'failed'])[1 + n % 4], 2
    FROM generate_series(1, 60) AS n;
