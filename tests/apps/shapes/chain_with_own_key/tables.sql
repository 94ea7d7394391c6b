-- Each line says what the balance was before and after; a constraint of the app's own compares each with the line before
-- it when the transaction ends, and an index of its own allows one refund a job.
CREATE TABLE holders (id uuid PRIMARY KEY, balance integer NOT NULL CHECK (balance >= 0), last_line integer NOT NULL DEFAULT 0);
CREATE TABLE dubs (
    id uuid PRIMARY KEY,
    holder_id uuid NOT NULL REFERENCES holders,
    status text NOT NULL,
    created_at timestamptz NOT NULL,
    ended_at timestamptz
);
CREATE TABLE lines (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    holder_id uuid NOT NULL REFERENCES holders,
    dub_id uuid REFERENCES dubs,
    kind text NOT NULL,
    amount integer NOT NULL,
    balance_before integer NOT NULL,
    balance_after integer NOT NULL,
    created_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
    CHECK (balance_after = balance_before + amount)
);
CREATE UNIQUE INDEX one_refund_a_dub ON lines (dub_id) WHERE kind = 'refund';
CREATE FUNCTION check_chain() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE before integer;
BEGIN
    SELECT balance_after INTO before FROM lines WHERE holder_id = NEW.holder_id AND id < NEW.id ORDER BY id DESC LIMIT 1;
    IF NEW.balance_before <> coalesce(before, 0) THEN RAISE EXCEPTION 'line % does not follow', NEW.id; END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER check_chain AFTER INSERT ON lines DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION check_chain();
CREATE FUNCTION add_line(holder uuid, dub uuid, sort text, change integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE has integer;
BEGIN
    PERFORM FROM holders WHERE id = holder FOR NO KEY UPDATE;
    IF sort = 'refund' AND EXISTS (SELECT FROM lines WHERE dub_id = dub AND kind = 'refund') THEN RETURN; END IF;
    UPDATE holders SET balance = balance + change WHERE id = holder RETURNING balance INTO has;
    INSERT INTO lines (holder_id, dub_id, kind, amount, balance_before, balance_after)
    VALUES (holder, dub, sort, change, has - change, has);
END $$;
