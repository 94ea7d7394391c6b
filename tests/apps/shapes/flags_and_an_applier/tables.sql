-- Flags and a counter for a state, an end of its own for each bid, and a ledger that an applier adds up later.
CREATE TABLE guests (id integer PRIMARY KEY, points bigint NOT NULL);
CREATE TABLE bids (
    id uuid PRIMARY KEY,
    guest_id integer NOT NULL REFERENCES guests,
    faulted boolean NOT NULL DEFAULT false,
    is_open boolean NOT NULL DEFAULT true,
    parts_left integer NOT NULL,
    points_taken integer NOT NULL,
    placed_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    ended_at timestamptz
);
CREATE TABLE points_log (
    id bigserial PRIMARY KEY,
    event uuid NOT NULL DEFAULT gen_random_uuid(),
    sort varchar(20) NOT NULL,
    guest_id integer NOT NULL,
    bid_id uuid,
    points numeric(20, 2) NOT NULL,
    applied boolean NOT NULL DEFAULT false
);
CREATE INDEX ON points_log (bid_id);
