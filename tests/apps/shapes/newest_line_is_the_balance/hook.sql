CREATE FUNCTION line_of_refund() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    PERFORM add_line(NEW.account_id, 'in', NEW.amount, json_build_object('refund_of', NEW.session_id));
    RETURN NULL;
END $$;
CREATE TRIGGER line_of_refund AFTER INSERT ON sweeper.refunds FOR EACH ROW WHEN (NEW.layer <> 'adopted')
    EXECUTE FUNCTION line_of_refund();
CREATE FUNCTION line_of_reversal() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    PERFORM add_line(r.account_id, 'out', NEW.amount, json_build_object('reversal_of', r.session_id))
    FROM sweeper.refunds AS r WHERE r.refund_id = NEW.refund_id;
    RETURN NULL;
END $$;
CREATE TRIGGER line_of_reversal AFTER INSERT ON sweeper.reversals FOR EACH ROW EXECUTE FUNCTION line_of_reversal();
