-- One book for all kinds of things, whose rows name the kind and the id; numbers of two kinds are often the same. What a
-- charge took of which pool is only in its json.
CREATE TABLE kinds (id integer PRIMARY KEY, model text NOT NULL UNIQUE);
CREATE TABLE members (id integer PRIMARY KEY, gift_balance integer NOT NULL, plan_balance integer NOT NULL);
CREATE TABLE clips (
    id bigint PRIMARY KEY,
    member_id integer NOT NULL REFERENCES members,
    state text NOT NULL,
    created timestamptz NOT NULL,
    modified timestamptz NOT NULL,
    completed timestamptz
);
CREATE TABLE entries (
    id bigserial PRIMARY KEY,
    member_id integer NOT NULL REFERENCES members,
    kind_id integer NOT NULL REFERENCES kinds,
    object_id text NOT NULL,
    entry text NOT NULL,
    delta integer NOT NULL,
    parts jsonb NOT NULL DEFAULT '{}',
    created timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE FUNCTION refund_clip(which bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE c clips; e entries;
BEGIN
    SELECT * INTO c FROM clips WHERE id = which AND state = 'failed' FOR UPDATE;
    IF NOT FOUND OR EXISTS (SELECT FROM entries WHERE kind_id = 7 AND object_id = which::text AND entry = 'refund') THEN RETURN; END IF;
    SELECT * INTO e FROM entries WHERE kind_id = 7 AND object_id = which::text AND entry = 'charge';
    IF NOT FOUND THEN RETURN; END IF;
    INSERT INTO entries (member_id, kind_id, object_id, entry, delta, parts)
    VALUES (c.member_id, 7, which::text, 'refund', -e.delta, e.parts);
    UPDATE members SET gift_balance = gift_balance + (e.parts ->> 'gift')::integer,
        plan_balance = plan_balance + (e.parts ->> 'plan')::integer WHERE id = c.member_id;
END $$;
