-- The state is a number without a name.
CREATE TABLE teams (id int PRIMARY KEY, credits int NOT NULL);
CREATE TABLE encodes (id int PRIMARY KEY, team_id int NOT NULL REFERENCES teams, state int NOT NULL, credits_charged int,
    error text, created_at timestamptz NOT NULL DEFAULT now());
INSERT INTO teams SELECT n, 100 FROM generate_series(1, 3) AS n;
INSERT INTO encodes SELECT n, 1 + n % 3, 10 * (1 + n % 4), 2 FROM generate_series(1, 40) AS n;
