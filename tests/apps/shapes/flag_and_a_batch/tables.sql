-- One charge, many letters; a flag, a row and the mailing's totals, all in one batch of the app's own. Letters are planned
-- for later and tried again. The price has eight digits, the rows of the app four, the balance two.
CREATE TABLE offices (id uuid PRIMARY KEY, balance numeric(12, 2) NOT NULL CHECK (balance >= 0));
CREATE TABLE mailings (
    id uuid PRIMARY KEY,
    office_id uuid NOT NULL REFERENCES offices,
    pieces integer NOT NULL,
    pieces_lost integer NOT NULL DEFAULT 0,
    piece_price numeric(12, 8) NOT NULL,
    paid numeric(10, 2) NOT NULL,
    returned numeric(10, 2) NOT NULL DEFAULT 0,
    CHECK (returned <= paid)
);
CREATE TABLE letters (
    id uuid PRIMARY KEY,
    mailing_id uuid NOT NULL REFERENCES mailings,
    pieces integer NOT NULL,
    state varchar(20) NOT NULL CHECK (state IN ('PLANNED', 'SENDING', 'SENT', 'TRY_AGAIN', 'LOST')),
    planned_at timestamptz NOT NULL,
    sending_at timestamptz,
    retry_at timestamptz,
    ended_at timestamptz,
    returned boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL,
    CHECK (NOT (state = 'SENT' AND returned))
);
CREATE TABLE returns (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    mailing_id uuid NOT NULL REFERENCES mailings,
    letter_id uuid NOT NULL UNIQUE REFERENCES letters,
    office_id uuid NOT NULL,
    pieces integer NOT NULL,
    piece_price numeric(12, 8) NOT NULL,
    amount numeric(12, 4) NOT NULL,
    made_by varchar(20) NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE FUNCTION return_letters(which uuid[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE one letters; m mailings; due numeric(12, 4);
BEGIN
    FOR one IN SELECT * FROM letters WHERE id = ANY(which) AND NOT returned ORDER BY id FOR UPDATE LOOP
        UPDATE letters SET returned = true WHERE id = one.id;
        SELECT * INTO m FROM mailings WHERE id = one.mailing_id;
        due := one.pieces * m.piece_price;
        UPDATE offices SET balance = balance + due WHERE id = m.office_id;
        UPDATE mailings SET returned = returned + due, pieces_lost = pieces_lost + one.pieces WHERE id = m.id;
        INSERT INTO returns (mailing_id, letter_id, office_id, pieces, piece_price, amount, made_by)
        VALUES (m.id, one.id, m.office_id, one.pieces, m.piece_price, due, 'batch');
    END LOOP;
END $$;
