-- The balance is in whole cents, the ledger beside it in dollars of four digits, signed, one refund row a job.
CREATE TABLE clients (id uuid PRIMARY KEY, balance_cents integer NOT NULL);
CREATE TABLE scans (
    id uuid PRIMARY KEY,
    client_id uuid NOT NULL REFERENCES clients,
    status text NOT NULL,
    price_cents integer NOT NULL,
    created_at timestamptz NOT NULL,
    ended_at timestamptz
);
CREATE TABLE money_lines (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    client_id uuid NOT NULL REFERENCES clients,
    scan_id uuid REFERENCES scans,
    kind text NOT NULL CHECK (kind IN ('top_up', 'charge', 'refund', 'correction')),
    dollars numeric(12, 4) NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON money_lines (scan_id);
CREATE FUNCTION refund_scan(which uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE back scans;
BEGIN
    SELECT * INTO back FROM scans WHERE id = which FOR UPDATE;
    IF back.price_cents = 0 OR EXISTS (SELECT FROM money_lines WHERE scan_id = which AND kind = 'refund') THEN RETURN; END IF;
    INSERT INTO money_lines (client_id, scan_id, kind, dollars) VALUES (back.client_id, which, 'refund', back.price_cents / 100.0);
    UPDATE clients SET balance_cents = balance_cents + back.price_cents WHERE id = back.client_id;
END $$;
