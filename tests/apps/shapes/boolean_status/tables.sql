-- A job is active or not; what it came to is told by what it left behind.
CREATE TABLE labs (id integer PRIMARY KEY, runs_left integer NOT NULL CHECK (runs_left >= 0));
CREATE TABLE trials (
    id uuid PRIMARY KEY,
    lab_id integer NOT NULL REFERENCES labs,
    active boolean NOT NULL,
    runs integer NOT NULL,
    result text,
    runs_returned_at timestamptz,
    began_at timestamptz NOT NULL,
    over_at timestamptz
);
