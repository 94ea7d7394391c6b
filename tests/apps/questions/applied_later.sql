-- A journal whose rows a job adds to the balance every few minutes.
CREATE TABLE members (id int PRIMARY KEY, coins int NOT NULL);
CREATE TABLE voices (id int PRIMARY KEY, member_id int NOT NULL REFERENCES members, status text NOT NULL, coins_cost int,
    error text, created_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE coin_journal (id bigserial PRIMARY KEY, member_id int NOT NULL REFERENCES members, voice_id int REFERENCES
    voices, kind text NOT NULL, amount int NOT NULL, applied_at timestamptz);
INSERT INTO members SELECT n, 100 FROM generate_series(1, 3) AS n;
INSERT INTO voices SELECT n, 1 + n % 3, (ARRAY['queued', 'running', 'done', 'failed'])[1 + n % 4], 2
    FROM generate_series(1, 40) AS n;
INSERT INTO coin_journal (member_id, voice_id, kind, amount, applied_at) SELECT member_id, id, 'charge', -2, now()
    FROM voices;
