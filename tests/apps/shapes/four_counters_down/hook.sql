-- What the app's own code looks at is on the booking.
CREATE FUNCTION release_booking() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    UPDATE bookings AS b SET state = 'released' FROM sketches AS k WHERE k.id = NEW.session_id AND b.token = k.token;
    RETURN NULL;
END $$;
CREATE TRIGGER release_booking AFTER INSERT ON sweeper.refunds FOR EACH ROW WHEN (NEW.layer <> 'adopted')
    EXECUTE FUNCTION release_booking();
