-- Batches count millionths of a dollar and seconds since 1970; accounts and their events have dollars.
CREATE TABLE accounts (
    id text PRIMARY KEY,
    balance_usd numeric(20,6) NOT NULL CHECK (balance_usd >= 0),
    total_spend_usd numeric(20,6) NOT NULL DEFAULT 0,
    updated_unix bigint NOT NULL
);
CREATE TABLE api_keys (id text PRIMARY KEY, account_id text NOT NULL REFERENCES accounts);
CREATE TABLE batches (
    id bigint PRIMARY KEY,
    api_key_id text NOT NULL REFERENCES api_keys,
    status smallint NOT NULL,               -- 0 queued, 1 running, 2 ok, 3 error, 4 expired
    quoted_microusd bigint NOT NULL,
    cost_microusd bigint,
    refund_microusd bigint NOT NULL DEFAULT 0,
    created_unix bigint NOT NULL,
    polled_unix bigint,
    finished_unix bigint
);
CREATE TABLE balance_events (
    id bigserial PRIMARY KEY,
    account_id text NOT NULL REFERENCES accounts,
    amount_usd numeric(20,6) NOT NULL,
    balance_after_usd numeric(20,6) NOT NULL,
    ref text NOT NULL UNIQUE,
    created_unix bigint NOT NULL
);
CREATE FUNCTION move_usd(account text, usd numeric, ref text, spend numeric, at bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE now_has numeric;
BEGIN
    UPDATE accounts SET balance_usd = balance_usd + usd, total_spend_usd = total_spend_usd + spend WHERE id = account
    RETURNING balance_usd INTO now_has;
    INSERT INTO balance_events (account_id, amount_usd, balance_after_usd, ref, created_unix)
    VALUES (account, usd, now_has, move_usd.ref, at);
END $$;
