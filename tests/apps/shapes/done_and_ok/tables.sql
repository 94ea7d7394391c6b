-- Two flags are the state of a job, and a third one says what was given back.
CREATE TABLE users (id integer PRIMARY KEY, tokens integer NOT NULL, last_seen timestamptz NOT NULL DEFAULT now());
CREATE TABLE tasks (
    id uuid PRIMARY KEY,
    user_id integer NOT NULL REFERENCES users,
    done boolean NOT NULL,
    ok boolean,                             -- null until it is done
    tokens integer NOT NULL,
    returned boolean NOT NULL,
    created_at timestamptz NOT NULL,
    beat_at timestamptz NOT NULL,
    done_at timestamptz
);
