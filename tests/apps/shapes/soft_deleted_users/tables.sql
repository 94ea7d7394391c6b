-- Django's habits: a positive integer field is a CHECK, choices are a varchar, who leaves is only marked. The app locks the
-- user first and then the work: the other way round than a sweep.
CREATE TABLE accounts_user (
    id serial PRIMARY KEY,
    email varchar(254) NOT NULL UNIQUE,
    is_active boolean NOT NULL DEFAULT true,
    deleted_at timestamptz,
    credits integer NOT NULL CHECK (credits >= 0),
    modified timestamptz NOT NULL
);
CREATE TABLE studio_clip (
    id uuid PRIMARY KEY,
    user_id integer NOT NULL REFERENCES accounts_user DEFERRABLE INITIALLY DEFERRED,
    state varchar(12) NOT NULL CHECK (state IN ('queued', 'working', 'ready', 'failed', 'timed_out')),
    cost integer NOT NULL CHECK (cost >= 0),
    refunded boolean NOT NULL DEFAULT false,
    created timestamptz NOT NULL,
    modified timestamptz NOT NULL
);
CREATE INDEX ON studio_clip (user_id);
