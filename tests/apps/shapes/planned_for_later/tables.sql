-- Posts are paid for when they are booked and published days later; a failed try is tried again later still.
CREATE TYPE credit_state AS ENUM ('none', 'held', 'spent', 'returned');
CREATE TABLE brands (id uuid PRIMARY KEY, credits integer NOT NULL);
CREATE TABLE posts (
    id uuid PRIMARY KEY,
    brand_id uuid NOT NULL REFERENCES brands,
    state text NOT NULL CHECK (state IN ('booked', 'publishing', 'published', 'failed')),
    credits integer NOT NULL,
    credit_state credit_state NOT NULL,
    booked_at timestamptz NOT NULL,
    publish_at timestamptz NOT NULL,
    tried_at timestamptz,
    next_try_at timestamptz,
    ended_at timestamptz
);
