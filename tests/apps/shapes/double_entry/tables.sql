-- Double entry, by one function alone: it locks both accounts, writes both sides and raises their versions.
CREATE TABLE purses (
    id text PRIMARY KEY,
    balance numeric NOT NULL DEFAULT 0,
    version bigint NOT NULL DEFAULT 0
);
CREATE TABLE transfers (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    source text NOT NULL REFERENCES purses,
    target text NOT NULL REFERENCES purses,
    amount numeric NOT NULL CHECK (amount > 0),
    note jsonb,
    made_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE entries (
    id bigserial PRIMARY KEY,
    transfer_id uuid NOT NULL REFERENCES transfers,
    purse_id text NOT NULL REFERENCES purses,
    amount numeric NOT NULL,
    balance_before numeric NOT NULL,
    balance_after numeric NOT NULL,
    version bigint NOT NULL,
    UNIQUE (purse_id, version)
);
CREATE TABLE maps (
    id uuid PRIMARY KEY,
    payer text NOT NULL REFERENCES purses,
    status text NOT NULL,
    price numeric NOT NULL,
    refund_transfer uuid REFERENCES transfers,
    ordered_at timestamptz NOT NULL,
    ended_at timestamptz
);
CREATE FUNCTION transfer(from_purse text, to_purse text, sum numeric, about jsonb) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE made uuid; side record; p purses;
BEGIN
    PERFORM FROM purses WHERE id IN (from_purse, to_purse) ORDER BY id FOR UPDATE;
    INSERT INTO transfers (source, target, amount, note) VALUES (from_purse, to_purse, sum, about) RETURNING id INTO made;
    FOR side IN SELECT * FROM (VALUES (from_purse, -sum), (to_purse, sum)) AS sides (purse, change) LOOP
        UPDATE purses SET balance = balance + side.change, version = version + 1 WHERE id = side.purse RETURNING * INTO p;
        INSERT INTO entries (transfer_id, purse_id, amount, balance_before, balance_after, version)
        VALUES (made, side.purse, side.change, p.balance - side.change, p.balance, p.version);
    END LOOP;
    RETURN made;
END $$;
