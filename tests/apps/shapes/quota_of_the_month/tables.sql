-- What a team used is counted by the month in which the work began; giving back is counting down in that month's row.
CREATE TABLE month_usage (
    id bigserial PRIMARY KEY,
    team_id integer NOT NULL,
    month date NOT NULL,
    quota integer NOT NULL,
    used integer NOT NULL DEFAULT 0 CHECK (used >= 0),
    UNIQUE (team_id, month)
);
CREATE TABLE exports (
    id uuid PRIMARY KEY,
    team_id integer NOT NULL,
    status text NOT NULL,
    units integer NOT NULL,
    released boolean NOT NULL DEFAULT false,
    began timestamptz NOT NULL,
    beat timestamptz,
    ended timestamptz
);
