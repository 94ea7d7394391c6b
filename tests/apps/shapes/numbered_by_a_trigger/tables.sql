-- A ledger whose trigger numbers the rows of each account and hashes each with the row before it, about several kinds of things.
CREATE TABLE listeners (id integer PRIMARY KEY, balance numeric(12, 2) NOT NULL);
CREATE TABLE voices (
    id integer PRIMARY KEY,
    listener_id integer NOT NULL REFERENCES listeners,
    state text NOT NULL,
    price numeric(12, 2) NOT NULL,
    began_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    over_at timestamptz
);
CREATE TABLE postings (
    id bigserial PRIMARY KEY,
    type text NOT NULL CHECK (type IN ('Topup', 'Charge', 'Refund')),
    listener_id integer NOT NULL REFERENCES listeners,
    subject_type text,
    subject_id integer,
    amount numeric(12, 2) NOT NULL CHECK (amount > 0),
    number integer NOT NULL,
    hash_before text,
    hash text NOT NULL,
    deleted_at timestamptz,
    made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (listener_id, number)
);
CREATE INDEX ON postings (subject_id);
CREATE FUNCTION number_posting() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE last postings;
BEGIN
    SELECT * INTO last FROM postings WHERE listener_id = NEW.listener_id ORDER BY number DESC LIMIT 1;
    NEW.number := coalesce(last.number, 0) + 1;
    NEW.hash_before := last.hash;
    NEW.hash := md5(concat_ws('/', last.hash, NEW.type, NEW.listener_id, NEW.subject_id, NEW.amount));
    RETURN NEW;
END $$;
CREATE TRIGGER number_posting BEFORE INSERT ON postings FOR EACH ROW EXECUTE FUNCTION number_posting();
CREATE FUNCTION post_refund(which integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE v voices; rest numeric;
BEGIN
    SELECT * INTO v FROM voices WHERE id = which FOR UPDATE;
    PERFORM FROM listeners WHERE id = v.listener_id FOR UPDATE;
    SELECT sum(CASE type WHEN 'Charge' THEN amount ELSE -amount END) INTO rest FROM postings
    WHERE subject_type = 'Voice' AND subject_id = which AND deleted_at IS NULL;
    IF rest > 0 THEN
        UPDATE listeners SET balance = balance + rest WHERE id = v.listener_id;
        INSERT INTO postings (type, listener_id, subject_type, subject_id, amount)
        VALUES ('Refund', v.listener_id, 'Voice', which, rest);
    END IF;
END $$;
