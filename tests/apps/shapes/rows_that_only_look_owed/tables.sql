-- Among ordinary rows: an account that was closed and keeps its row, a price far too large, details that are no JSON, work
-- that was delivered before a free second try failed, and pages of failures that were never charged.
CREATE TABLE patrons (
    id bigint PRIMARY KEY,
    credits integer NOT NULL,
    closed_on timestamptz
);
CREATE TABLE portraits (
    id bigint PRIMARY KEY,
    patron_id bigint NOT NULL REFERENCES patrons,
    status text NOT NULL,
    price integer NOT NULL,
    details text,
    picture_url text,
    ordered_at timestamptz NOT NULL,
    ended_at timestamptz,
    refunded_at timestamptz
);
