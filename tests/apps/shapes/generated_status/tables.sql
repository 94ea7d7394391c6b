-- The state is a generated column over what happened when: nobody can write it.
CREATE TABLE persons (id text PRIMARY KEY, minutes numeric(10, 1) NOT NULL);
CREATE TABLE transcripts (
    id uuid PRIMARY KEY,
    person_id text NOT NULL REFERENCES persons,
    minutes numeric(10, 1) NOT NULL,
    created_at timestamptz NOT NULL,
    taken_at timestamptz,
    done_at timestamptz,
    failed_at timestamptz,
    failure text,
    minutes_back boolean NOT NULL DEFAULT false,
    state text NOT NULL GENERATED ALWAYS AS (CASE WHEN failed_at IS NOT NULL THEN 'failed' WHEN done_at IS NOT NULL THEN 'done'
        WHEN taken_at IS NOT NULL THEN 'busy' ELSE 'new' END) STORED
);
CREATE INDEX ON transcripts (state);
