CREATE FUNCTION transfer_refund() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    UPDATE maps SET refund_transfer =
        transfer('income', NEW.account_id, NEW.amount, jsonb_build_object('refund_of', NEW.session_id))
    WHERE id = NEW.session_id;
    RETURN NULL;
END $$;
CREATE TRIGGER transfer_refund AFTER INSERT ON sweeper.refunds FOR EACH ROW WHEN (NEW.layer <> 'adopted')
    EXECUTE FUNCTION transfer_refund();
CREATE FUNCTION transfer_back() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    PERFORM transfer(r.account_id, 'income', NEW.amount, jsonb_build_object('reversal_of', r.session_id))
    FROM sweeper.refunds AS r WHERE r.refund_id = NEW.refund_id;
    RETURN NULL;
END $$;
CREATE TRIGGER transfer_back AFTER INSERT ON sweeper.reversals FOR EACH ROW EXECUTE FUNCTION transfer_back();
