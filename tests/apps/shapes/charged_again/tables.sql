-- A failed job may be started again and is then charged again: the number of the charge tells one refund from the other.
CREATE TABLE coaches (id integer PRIMARY KEY, tokens integer NOT NULL);
CREATE TABLE lessons (
    id uuid PRIMARY KEY,
    coach_id integer NOT NULL REFERENCES coaches,
    state text NOT NULL,
    tokens integer NOT NULL,
    charge_no integer NOT NULL DEFAULT 1,
    asked_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL
);
CREATE TABLE token_refunds (
    lesson_id uuid NOT NULL REFERENCES lessons,
    charge_no integer NOT NULL,
    coach_id integer NOT NULL,
    tokens integer NOT NULL,
    taken_back boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (lesson_id, charge_no, taken_back)
);
CREATE FUNCTION refund_lesson(which uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE l lessons;
BEGIN
    SELECT * INTO l FROM lessons WHERE id = which FOR UPDATE;
    IF EXISTS (SELECT FROM token_refunds WHERE lesson_id = which AND charge_no = l.charge_no) OR l.tokens = 0 THEN RETURN; END IF;
    INSERT INTO token_refunds VALUES (which, l.charge_no, l.coach_id, l.tokens);
    UPDATE coaches SET tokens = tokens + l.tokens WHERE id = l.coach_id;
END $$;
