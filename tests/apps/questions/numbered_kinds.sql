-- A number for the kind of a row in the ledger.
CREATE TABLE schools (id int PRIMARY KEY, tokens int NOT NULL);
CREATE TABLE gradings (id int PRIMARY KEY, school_id int NOT NULL REFERENCES schools, status text NOT NULL,
    tokens int NOT NULL, created_at timestamptz NOT NULL);
CREATE TABLE token_transactions (id bigserial PRIMARY KEY, school_id int NOT NULL REFERENCES schools, type int NOT NULL,
    amount int NOT NULL, grading_id int REFERENCES gradings);
INSERT INTO schools SELECT n, 100 FROM generate_series(1, 3) AS n;
INSERT INTO gradings SELECT n, 1 + n % 3, (ARRAY['queued', 'done', 'failed'])[1 + n % 3], 4, now()
    FROM generate_series(1, 30) AS n;
INSERT INTO token_transactions (school_id, type, amount, grading_id) SELECT school_id, 1, -tokens, id FROM gradings;
INSERT INTO token_transactions (school_id, type, amount, grading_id)
    SELECT school_id, 2, tokens, id FROM gradings WHERE status = 'failed';
