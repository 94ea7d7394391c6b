-- What the app has refunded it gives a status of its own: that is all that says so.
CREATE TYPE clip_state AS ENUM ('pending', 'busy', 'ready', 'failed', 'refunded');
CREATE TABLE makers (id uuid PRIMARY KEY, tokens integer NOT NULL CHECK (tokens >= 0), tokens_bought integer NOT NULL);
CREATE TABLE clips (
    id uuid PRIMARY KEY,
    maker_id uuid NOT NULL REFERENCES makers,
    state clip_state NOT NULL,
    cost integer NOT NULL,
    asked_at timestamptz NOT NULL,
    over_at timestamptz
);
