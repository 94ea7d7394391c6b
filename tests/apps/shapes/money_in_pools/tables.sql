-- Prices and balances of the type money; a bonus is used up first.
CREATE TABLE wallets (id integer PRIMARY KEY, bonus money NOT NULL, cash money NOT NULL, used money NOT NULL);
CREATE TABLE calls (
    id uuid PRIMARY KEY,
    wallet_id integer NOT NULL REFERENCES wallets,
    state text NOT NULL,
    price money NOT NULL,
    of_bonus money NOT NULL,
    refunded boolean NOT NULL DEFAULT false,
    begun_at timestamptz NOT NULL,
    seen_at timestamptz,
    over_at timestamptz
);
CREATE TABLE wallet_lines (
    id bigserial PRIMARY KEY,
    wallet_id integer NOT NULL REFERENCES wallets,
    call_id uuid NOT NULL,
    kind text NOT NULL,
    value money NOT NULL,
    balance money NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE FUNCTION refund_call(which uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE c calls; left_now money;
BEGIN
    UPDATE calls SET refunded = true WHERE id = which AND state = 'failed' AND NOT refunded AND price > 0::money RETURNING * INTO c;
    IF NOT FOUND THEN RETURN; END IF;
    UPDATE wallets SET bonus = bonus + c.of_bonus, cash = cash + (c.price - c.of_bonus), used = used - c.price WHERE id = c.wallet_id
    RETURNING bonus + cash INTO left_now;
    INSERT INTO wallet_lines (wallet_id, call_id, kind, value, balance) VALUES (c.wallet_id, which, 'refund', c.price, left_now);
END $$;
