-- A deadline is set when a worker takes the render; one that is queued has none, and may wait for days.
CREATE TABLE makers (id bigint PRIMARY KEY, coins integer NOT NULL);
CREATE TABLE renders (
    id uuid PRIMARY KEY,
    maker_id bigint NOT NULL REFERENCES makers,
    status text NOT NULL,
    coins integer NOT NULL,
    deadline timestamptz,
    refunded_at timestamptz,
    queued_at timestamptz NOT NULL,
    ended_at timestamptz
);
