-- A refund sets the charge on the row to nothing; the estimate stays.
CREATE TABLE people (id integer PRIMARY KEY, credits integer NOT NULL CHECK (credits >= 0));
CREATE TABLE films (
    id bigint PRIMARY KEY,
    person_id integer NOT NULL REFERENCES people,
    state text NOT NULL,
    estimate integer NOT NULL,
    credits_deducted integer NOT NULL,
    asked_at timestamptz NOT NULL,
    over_at timestamptz
);
