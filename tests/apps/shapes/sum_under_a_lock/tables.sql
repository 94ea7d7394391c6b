-- The balance is the sum of the lines, and every writer locks the pilot first.
CREATE TABLE pilots (id bigint PRIMARY KEY, name text);
CREATE TABLE flights (
    id bigint PRIMARY KEY,
    pilot_id bigint NOT NULL REFERENCES pilots,
    status text NOT NULL,
    booked_at timestamptz NOT NULL,
    landed_at timestamptz
);
CREATE TABLE hours_book (
    id bigserial PRIMARY KEY,
    pilot_id bigint NOT NULL REFERENCES pilots,
    flight_id bigint,
    what text NOT NULL,
    hours numeric(8, 2) NOT NULL,
    left_after numeric(8, 2) NOT NULL
);
CREATE INDEX ON hours_book (pilot_id);
CREATE FUNCTION book_hours(pilot bigint, flight bigint, sort text, change numeric) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM pilots WHERE id = pilot FOR NO KEY UPDATE;
    IF sort = 'refund' AND EXISTS (SELECT FROM hours_book WHERE flight_id = flight AND what = 'refund') THEN RETURN; END IF;
    INSERT INTO hours_book (pilot_id, flight_id, what, hours, left_after)
    SELECT pilot, flight, sort, change, change + coalesce(sum(hours), 0) FROM hours_book WHERE pilot_id = pilot;
END $$;
