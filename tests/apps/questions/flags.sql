-- No status: a flag and a time say what became of the work.
CREATE TABLE owners (id int PRIMARY KEY, credits int NOT NULL);
CREATE TABLE restorations (id int PRIMARY KEY, owner_id int NOT NULL REFERENCES owners, is_failed boolean NOT NULL DEFAULT
    false, delivered_at timestamptz, credits_charged int NOT NULL, error text, created_at timestamptz NOT NULL DEFAULT now());
INSERT INTO owners SELECT n, 100 FROM generate_series(1, 3) AS n;
INSERT INTO restorations SELECT n, 1 + n % 3, n % 3 = 0, CASE WHEN n % 3 = 1 THEN now() END, 2
    FROM generate_series(1, 40) AS n;
