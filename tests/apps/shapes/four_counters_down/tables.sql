-- Counters of what is reserved and what was used, of a plan and of extra credits; a reservation says which went up.
CREATE TABLE budgets (
    user_id uuid PRIMARY KEY,
    plan_total integer NOT NULL,
    extra_total integer NOT NULL,
    plan_used integer NOT NULL DEFAULT 0 CHECK (plan_used >= 0),
    extra_used integer NOT NULL DEFAULT 0 CHECK (extra_used >= 0),
    plan_reserved integer NOT NULL DEFAULT 0 CHECK (plan_reserved >= 0),
    extra_reserved integer NOT NULL DEFAULT 0 CHECK (extra_reserved >= 0)
);
CREATE TABLE bookings (
    token uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES budgets,
    amount integer NOT NULL CHECK (amount > 0),
    of_plan integer NOT NULL,
    of_extra integer NOT NULL,
    state text NOT NULL CHECK (state IN ('reserved', 'used', 'released'))
);
CREATE TABLE sketches (
    id uuid PRIMARY KEY,
    token uuid NOT NULL UNIQUE,
    user_id uuid NOT NULL,
    status text NOT NULL CHECK (status IN ('started', 'drawn', 'torn')),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE FUNCTION release(which uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE b bookings;
BEGIN
    SELECT * INTO b FROM bookings WHERE token = which AND state <> 'released' FOR UPDATE;
    IF NOT FOUND THEN RETURN; END IF;
    UPDATE budgets SET
        plan_used = plan_used - CASE b.state WHEN 'used' THEN b.of_plan ELSE 0 END,
        extra_used = extra_used - CASE b.state WHEN 'used' THEN b.of_extra ELSE 0 END,
        plan_reserved = plan_reserved - CASE b.state WHEN 'reserved' THEN b.of_plan ELSE 0 END,
        extra_reserved = extra_reserved - CASE b.state WHEN 'reserved' THEN b.of_extra ELSE 0 END
    WHERE user_id = b.user_id;
    UPDATE bookings SET state = 'released' WHERE token = which;
END $$;
