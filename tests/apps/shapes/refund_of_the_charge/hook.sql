CREATE FUNCTION reversal_row() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    INSERT INTO transactions (member_id, sort, amount, reverses)
    SELECT NEW.account_id, 'reversal', NEW.amount, o.charge_id FROM orders o WHERE o.id = NEW.session_id;
    RETURN NULL;
END $$;
CREATE TRIGGER reversal_row AFTER INSERT ON sweeper.refunds FOR EACH ROW WHEN (NEW.layer <> 'adopted')
    EXECUTE FUNCTION reversal_row();
CREATE FUNCTION taken_back_row() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    INSERT INTO transactions (member_id, sort, amount)
    SELECT r.account_id, 'correction', -NEW.amount FROM sweeper.refunds AS r WHERE r.refund_id = NEW.refund_id;
    RETURN NULL;
END $$;
CREATE TRIGGER taken_back_row AFTER INSERT ON sweeper.reversals FOR EACH ROW EXECUTE FUNCTION taken_back_row();
