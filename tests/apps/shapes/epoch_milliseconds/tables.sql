-- Times are milliseconds since 1970, in a bigint.
CREATE TABLE devs (id text PRIMARY KEY, credits integer NOT NULL, "updatedAt" bigint NOT NULL);
CREATE TABLE builds (
    id text PRIMARY KEY,
    dev_id text NOT NULL REFERENCES devs,
    status text NOT NULL,
    cost integer NOT NULL,
    refunded_ms bigint,
    created_ms bigint NOT NULL,
    touched_ms bigint NOT NULL,
    ended_ms bigint
);
