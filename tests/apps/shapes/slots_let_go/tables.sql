-- A team's quota is used up by its slots that are taken: to let one go is the refund. When a request failed or got stuck,
-- the ticket alone knows; one that was delivered keeps its slot, whatever a free second try comes to.
CREATE TABLE asks (
    id text PRIMARY KEY,
    state text NOT NULL CHECK (state IN ('queued', 'busy', 'done', 'failed')),
    moved_at timestamptz NOT NULL,
    delivered_at timestamptz
);
CREATE TABLE slots (
    ask_id text PRIMARY KEY REFERENCES asks,
    team text NOT NULL,
    size integer NOT NULL CHECK (size > 0),
    state text NOT NULL CHECK (state IN ('taken', 'let_go')),
    taken_at timestamptz NOT NULL
);
