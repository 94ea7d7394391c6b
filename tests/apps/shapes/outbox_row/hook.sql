-- One trigger for a whole statement: it also fires when there was nothing to pay.
CREATE FUNCTION tell_of_refunds() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    INSERT INTO outbox (topic, task_id, payload)
    SELECT 'refunded', r.session_id, jsonb_build_object('credits', r.amount, 'by', r.layer) FROM fresh AS r
    WHERE r.layer <> 'adopted' ORDER BY r.refund_id;
    IF FOUND THEN NOTIFY outbox; END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER tell_of_refunds AFTER INSERT ON sweeper.refunds REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION tell_of_refunds();
CREATE FUNCTION tell_of_reversals() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    INSERT INTO outbox (topic, task_id, payload)
    SELECT 'refund taken back', r.session_id, jsonb_build_object('credits', f.amount)
    FROM fresh AS f JOIN sweeper.refunds AS r USING (refund_id);
    RETURN NULL;
END $$;
CREATE TRIGGER tell_of_reversals AFTER INSERT ON sweeper.reversals REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION tell_of_reversals();
