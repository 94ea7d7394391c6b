-- The app's own refund job looks at what is failed.
CREATE FUNCTION give_status() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    UPDATE clips SET state = 'refunded' WHERE id = NEW.session_id;
    RETURN NULL;
END $$;
CREATE TRIGGER give_status AFTER INSERT ON sweeper.refunds FOR EACH ROW WHEN (NEW.layer <> 'adopted')
    EXECUTE FUNCTION give_status();
