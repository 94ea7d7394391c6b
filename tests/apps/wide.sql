CREATE TABLE accounts (
    id text PRIMARY KEY,
    credits int NOT NULL,
    bonus int NOT NULL DEFAULT 0,
    bought int NOT NULL,
    spent int NOT NULL,
    closed_at timestamptz
);
CREATE TABLE sessions (
    id text PRIMARY KEY,
    account_id text NOT NULL,
    charge_id text NOT NULL,
    price int NOT NULL,
    bonus_used int NOT NULL DEFAULT 0,
    status text NOT NULL,
    cancelled boolean NOT NULL,
    started_at timestamptz NOT NULL,
    beat_at timestamptz NOT NULL,
    failed_at timestamptz,
    is_refunded boolean NOT NULL DEFAULT false
);
CREATE TABLE entries (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id text NOT NULL,
    session_id text,
    charge_id text,
    kind text NOT NULL,
    amount int NOT NULL,
    balance_after int NOT NULL
);
