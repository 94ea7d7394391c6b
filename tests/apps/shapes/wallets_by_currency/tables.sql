-- One wallet a currency: the row that pays is known by two columns of the session.
CREATE TYPE currency AS ENUM ('gems', 'gold');
CREATE TABLE players (id uuid PRIMARY KEY);
CREATE TABLE wallets (
    id serial PRIMARY KEY,
    player_id uuid NOT NULL REFERENCES players,
    currency currency NOT NULL,
    units numeric(14, 3) NOT NULL CHECK (units >= 0),
    UNIQUE (player_id, currency)
);
CREATE TABLE quests (
    id bigint PRIMARY KEY,
    player_id uuid NOT NULL REFERENCES players,
    currency currency NOT NULL,
    fee numeric(14, 3) NOT NULL,
    state text NOT NULL,
    refund_state text NOT NULL DEFAULT 'none' CHECK (refund_state IN ('none', 'paid')),
    begun_at timestamptz NOT NULL,
    over_at timestamptz
);
