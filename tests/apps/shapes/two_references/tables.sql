-- The ledger is about the clip for a render and about the work for a preview; the price in jsonb is there for free trials,
-- too; a running balance, and the app's own keys against paying twice.
CREATE TABLE fans (
    id uuid PRIMARY KEY,
    stars integer NOT NULL DEFAULT 0,
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE reels (id uuid PRIMARY KEY, fan_id uuid NOT NULL REFERENCES fans);
CREATE TABLE pieces (
    id uuid PRIMARY KEY,
    fan_id uuid NOT NULL REFERENCES fans,
    sort text NOT NULL CHECK (sort IN ('reel', 'teaser')),
    state text NOT NULL CHECK (state IN ('pending', 'busy', 'complete', 'failed')),
    reel_id uuid REFERENCES reels,
    meta jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    ended_at timestamptz
);
CREATE TABLE star_book (
    id bigserial PRIMARY KEY,
    fan_id uuid NOT NULL REFERENCES fans,
    event text NOT NULL CHECK (event IN ('debit', 'refund', 'grant')),
    amount integer NOT NULL CHECK (amount > 0),
    signed integer NOT NULL CHECK (signed <> 0),
    balance_after integer NOT NULL CHECK (balance_after >= 0),
    about text NOT NULL CHECK (about IN ('piece', 'reel', 'system')),
    about_id uuid,
    dedupe_key text NOT NULL,
    meta jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (fan_id, dedupe_key)
);
CREATE INDEX ON star_book (about_id);
CREATE FUNCTION enter(fan uuid, what text, n integer, sort text, ref uuid, key text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE change integer := CASE what WHEN 'debit' THEN -n ELSE n END; has integer;
BEGIN
    PERFORM FROM fans WHERE id = fan FOR UPDATE;
    IF EXISTS (SELECT FROM star_book WHERE fan_id = fan AND dedupe_key = key) THEN RETURN; END IF;
    UPDATE fans SET stars = stars + change WHERE id = fan RETURNING stars INTO has;
    INSERT INTO star_book (fan_id, event, amount, signed, balance_after, about, about_id, dedupe_key, created_at)
    VALUES (fan, what, n, change, has, sort, ref, key, clock_timestamp());
END $$;
CREATE FUNCTION enter_for(piece uuid, what text, n integer) RETURNS void LANGUAGE sql AS $$
    SELECT enter(fan_id, what, n, CASE sort WHEN 'reel' THEN 'reel' ELSE 'piece' END, coalesce(reel_id, id),
                 sort || ':' || coalesce(reel_id, id) || ':' || what)
    FROM pieces WHERE id = piece
$$;
