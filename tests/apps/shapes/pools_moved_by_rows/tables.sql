-- A trigger on the ledger moves the pool that a row names. The app's own code looks at refund_state.
CREATE TABLE profiles (
    id uuid PRIMARY KEY,
    monthly_credits integer NOT NULL DEFAULT 0,
    pack_credits integer NOT NULL DEFAULT 0,
    updated_at timestamptz
);
CREATE TABLE generations (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES profiles,
    status text NOT NULL,
    pool text NOT NULL,
    cost integer NOT NULL,
    refund_state text NOT NULL DEFAULT 'none',
    created_at timestamptz NOT NULL,
    completed_at timestamptz
);
CREATE TABLE credit_ledger (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES profiles,
    generation_id uuid REFERENCES generations,
    pool text NOT NULL CHECK (pool IN ('monthly', 'pack')),
    delta integer NOT NULL,
    reason text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE FUNCTION apply_row() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$ BEGIN
    UPDATE profiles SET updated_at = now(),
        monthly_credits = monthly_credits + CASE NEW.pool WHEN 'monthly' THEN NEW.delta ELSE 0 END,
        pack_credits = pack_credits + CASE NEW.pool WHEN 'pack' THEN NEW.delta ELSE 0 END
    WHERE id = NEW.user_id;
    RETURN NULL;
END $$;
CREATE TRIGGER apply_row AFTER INSERT ON credit_ledger FOR EACH ROW EXECUTE FUNCTION apply_row();
