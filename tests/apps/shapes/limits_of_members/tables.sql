-- The organisation pays; what each member may use of it in a month is counted in another table.
CREATE TABLE organisations (id text PRIMARY KEY, credits bigint NOT NULL CHECK (credits >= 0));
CREATE TABLE members (
    id text PRIMARY KEY,
    organisation_id text NOT NULL REFERENCES organisations,
    month_limit integer,
    month_used integer NOT NULL DEFAULT 0 CHECK (month_used >= 0)
);
CREATE TABLE briefs (
    id uuid PRIMARY KEY,
    member_id text NOT NULL REFERENCES members,
    status text NOT NULL,
    credits integer NOT NULL,
    credits_returned integer NOT NULL DEFAULT 0 CHECK (credits_returned IN (0, credits)),
    created_at timestamptz NOT NULL,
    completed_at timestamptz
);
CREATE FUNCTION return_credits(brief uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE b briefs; m members;
BEGIN
    SELECT * INTO b FROM briefs WHERE id = brief AND credits_returned = 0 FOR UPDATE;
    IF NOT FOUND THEN RETURN; END IF;
    UPDATE briefs SET credits_returned = credits WHERE id = brief;
    UPDATE members SET month_used = month_used - b.credits WHERE id = b.member_id RETURNING * INTO m;
    UPDATE organisations SET credits = credits + b.credits WHERE id = m.organisation_id;
END $$;
