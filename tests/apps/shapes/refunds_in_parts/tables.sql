-- Support may give back a part, later the rest: several refund rows a job, and the balance is a column.
CREATE TABLE studios (id integer PRIMARY KEY, balance numeric(12, 2) NOT NULL);
CREATE TABLE mixes (
    id integer PRIMARY KEY,
    studio_id integer NOT NULL REFERENCES studios,
    status text NOT NULL,
    started_at timestamptz NOT NULL,
    finished_at timestamptz
);
CREATE TABLE payments (
    id bigserial PRIMARY KEY,
    studio_id integer NOT NULL REFERENCES studios,
    mix_id integer,
    kind text NOT NULL CHECK (kind IN ('charge', 'refund', 'deposit')),
    amount numeric(12, 2) NOT NULL,
    source text NOT NULL DEFAULT 'app',
    made_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON payments (mix_id);
CREATE FUNCTION pay_back(mix integer, part numeric) RETURNS void LANGUAGE plpgsql AS $$
DECLARE m mixes; rest numeric;
BEGIN
    SELECT * INTO m FROM mixes WHERE id = mix FOR UPDATE;
    SELECT least(part, coalesce(-sum(amount), 0)) INTO rest FROM payments WHERE mix_id = mix;
    IF rest > 0 THEN
        INSERT INTO payments (studio_id, mix_id, kind, amount) VALUES (m.studio_id, mix, 'refund', rest);
        UPDATE studios SET balance = balance + rest WHERE id = m.studio_id;
    END IF;
END $$;
