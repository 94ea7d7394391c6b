-- Two pools, and in the ledger a line for each, with what the pool held before and after.
CREATE TABLE schools (
    id bigint PRIMARY KEY,
    bought_milli bigint NOT NULL,
    gift_milli bigint NOT NULL
);
CREATE TABLE essays (
    id bigint PRIMARY KEY,
    school_id bigint NOT NULL REFERENCES schools,
    status text NOT NULL,
    sent_at timestamptz NOT NULL,
    ended_at timestamptz
);
CREATE TABLE milli_lines (
    id bigserial PRIMARY KEY,
    school_id bigint NOT NULL REFERENCES schools,
    pool text NOT NULL CHECK (pool IN ('bought', 'gift')),
    before_milli bigint NOT NULL,
    change_milli bigint NOT NULL,
    after_milli bigint NOT NULL,
    why text NOT NULL,
    essay_id bigint,
    written_at timestamptz NOT NULL DEFAULT now(),
    CHECK (after_milli = before_milli + change_milli)
);
CREATE INDEX ON milli_lines (essay_id);
CREATE FUNCTION move_milli(school bigint, which text, change bigint, reason text, essay bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE has bigint;
BEGIN
    UPDATE schools SET bought_milli = bought_milli + CASE which WHEN 'bought' THEN change ELSE 0 END,
        gift_milli = gift_milli + CASE which WHEN 'gift' THEN change ELSE 0 END
    WHERE id = school RETURNING CASE which WHEN 'bought' THEN bought_milli ELSE gift_milli END INTO has;
    INSERT INTO milli_lines (school_id, pool, before_milli, change_milli, after_milli, why, essay_id)
    VALUES (school, which, has - change, change, has, reason, essay);
END $$;
