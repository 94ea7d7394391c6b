-- The worker looks at what was asked, not at the slot.
CREATE FUNCTION fail_ask() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    UPDATE asks SET state = 'failed', moved_at = NEW.created_at WHERE id = NEW.session_id AND state IN ('queued', 'busy');
    RETURN NULL;
END $$;
CREATE TRIGGER fail_ask AFTER INSERT ON sweeper.refunds FOR EACH ROW WHEN (NEW.layer <> 'adopted')
    EXECUTE FUNCTION fail_ask();
-- To take it back is to take the slot again.
CREATE FUNCTION take_slot() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    UPDATE slots AS x SET state = 'taken' FROM sweeper.refunds AS r WHERE r.refund_id = NEW.refund_id AND x.ask_id = r.session_id;
    RETURN NULL;
END $$;
CREATE TRIGGER take_slot AFTER INSERT ON sweeper.reversals FOR EACH ROW EXECUTE FUNCTION take_slot();
