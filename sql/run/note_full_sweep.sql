-- Records that a complete run started at the floor, and what it counted of the time before the floor.
UPDATE {settings}
SET full_sweep_as_of = %(as_of)s::timestamptz,
    before_floor_sessions = %(sessions)s::bigint,
    before_floor_credits = %(credits)s::text::numeric
WHERE fingerprint = %(fingerprint)s::text
