-- app: the demo's app, as its migrations would leave it. It sells predictions and takes one credit for each model.
-- It has no list of its refunds: only balances, and what a session says of itself.
CREATE TYPE session_status AS ENUM ('initializing', 'queued', 'researching', 'generating', 'finished', 'error');

CREATE TABLE users (
    id text PRIMARY KEY,
    credits integer NOT NULL,
    total_credits_earned integer NOT NULL,
    total_credits_spent integer NOT NULL DEFAULT 0,
    updated_at timestamp NOT NULL,
    CHECK (credits >= 0)
);

CREATE TABLE prediction_sessions (
    id text PRIMARY KEY,
    user_id text NOT NULL REFERENCES users,
    status session_status NOT NULL,
    step text,
    selected_models text[] NOT NULL,
    error text,
    created_at timestamp NOT NULL,
    completed_at timestamp
);

-- What really happened to each session. Neither the app nor sweeper can look in here: only the demo's books do.
CREATE SCHEMA demo;

CREATE TABLE demo.fates (
    fate text PRIMARY KEY,
    place integer NOT NULL,
    keeps_charge boolean NOT NULL, -- the work was delivered, or may still be
    alive boolean NOT NULL,
    sessions integer NOT NULL,
    status session_status NOT NULL,
    step text NOT NULL,
    error text,
    minutes_ago integer NOT NULL, -- when the latest of them was started
    minutes_between integer NOT NULL
);

CREATE TABLE demo.truth (
    session_id text PRIMARY KEY,
    fate text NOT NULL REFERENCES demo.fates,
    user_id text NOT NULL,
    charge integer NOT NULL
);
