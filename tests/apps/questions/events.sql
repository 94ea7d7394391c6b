-- The state is the newest event; an artist pays, or the team, when there is one.
CREATE TABLE artists (id int PRIMARY KEY, credits int NOT NULL);
CREATE TABLE teams (id int PRIMARY KEY, credits int NOT NULL);
CREATE TABLE shoots (id int PRIMARY KEY, artist_id int NOT NULL REFERENCES artists, team_id int REFERENCES teams,
    credits_cost int NOT NULL, created_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE shoot_events (id bigserial PRIMARY KEY, shoot_id int NOT NULL REFERENCES shoots, state text NOT NULL,
    happened_at timestamptz NOT NULL DEFAULT now());
INSERT INTO artists SELECT n, 100 FROM generate_series(1, 3) AS n;
INSERT INTO teams SELECT n, 100 FROM generate_series(1, 3) AS n;
INSERT INTO shoots SELECT n, 1 + n % 3, CASE WHEN n % 2 = 0 THEN 1 + n % 3 END, 2 FROM generate_series(1, 30) AS n;
INSERT INTO shoot_events (shoot_id, state) SELECT id, 'queued' FROM shoots;
INSERT INTO shoot_events (shoot_id, state) SELECT id, (ARRAY['running', 'done', 'failed'])[1 + id % 3] FROM shoots;
