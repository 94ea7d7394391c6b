-- A limit, a counter of what was used of it, and numbers for a state that only the app's code explains.
CREATE TABLE workspaces (
    id integer PRIMARY KEY,
    token_limit integer NOT NULL,
    tokens_used integer NOT NULL CHECK (tokens_used >= 0)
);
CREATE TABLE runs (
    id uuid PRIMARY KEY,
    workspace_id integer NOT NULL REFERENCES workspaces,
    status smallint NOT NULL,               -- 0 queued, 1 at work, 2 done, 9 failed
    tokens integer NOT NULL,
    settled_back boolean NOT NULL,          -- the nightly job counts down what failed and is not
    created_at timestamp NOT NULL,
    updated_at timestamp NOT NULL
);
