-- A ledger whose rows are about several kinds of things; a mixdown of an album is refunded under the album.
CREATE TABLE members (id int PRIMARY KEY, coins int NOT NULL);
CREATE TABLE mixdowns (id int PRIMARY KEY, member_id int NOT NULL REFERENCES members, status text NOT NULL, coins_cost int,
    error text, created_at timestamptz NOT NULL, finished_at timestamptz);
CREATE TABLE coin_transactions (id bigserial PRIMARY KEY, member_id int NOT NULL REFERENCES members, kind text NOT NULL,
    coins int NOT NULL, subject_type text NOT NULL, subject_id int, description text NOT NULL);
INSERT INTO members SELECT n, 100 FROM generate_series(1, 3) AS n;
INSERT INTO mixdowns SELECT n, 1 + n % 3, (ARRAY['queued', 'mixing', 'done', 'failed'])[1 + n % 4], 2, NULL,
    now() - interval '1 day', CASE WHEN n % 4 > 1 THEN now() - interval '1 day' + interval '190 minutes' END FROM generate_series(1, 36) AS n;
INSERT INTO coin_transactions (member_id, kind, coins, subject_type, subject_id, description)
    SELECT member_id, 'debit', -2, 'mixdown', id, 'Mixdown' FROM mixdowns
    UNION ALL
    (SELECT member_id, 'refund', 2, 'mixdown', id, 'Your coins are back' FROM mixdowns WHERE status = 'failed' ORDER BY id LIMIT 3)
    UNION ALL
    SELECT n, 'refund', 2, 'album', 9000 + n, 'Your coins are back' FROM generate_series(1, 3) AS n;
