CREATE TABLE accounts (
    id text PRIMARY KEY,
    credits int NOT NULL,
    bought int NOT NULL,
    spent int NOT NULL
);
CREATE TABLE sessions (
    id text PRIMARY KEY,
    account_id text NOT NULL,
    charge_id text NOT NULL,
    price int NOT NULL,
    status text NOT NULL,
    cancelled boolean NOT NULL,
    started_at timestamptz NOT NULL,
    beat_at timestamptz NOT NULL,
    failed_at timestamptz
);
CREATE TABLE entries (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id text NOT NULL,
    session_id text NOT NULL,
    charge_id text NOT NULL,
    kind text NOT NULL,
    amount int NOT NULL
);
