-- What the member used of the organisation's credits.
CREATE FUNCTION member_used_less() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    UPDATE members AS m SET month_used = m.month_used - NEW.amount FROM briefs AS b
    WHERE b.id = NEW.session_id AND m.id = b.member_id;
    RETURN NULL;
END $$;
CREATE TRIGGER member_used_less AFTER INSERT ON sweeper.refunds FOR EACH ROW WHEN (NEW.layer <> 'adopted')
    EXECUTE FUNCTION member_used_less();
CREATE FUNCTION member_used_more() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    UPDATE members AS m SET month_used = m.month_used + NEW.amount FROM sweeper.refunds AS r JOIN briefs AS b ON b.id = r.session_id
    WHERE r.refund_id = NEW.refund_id AND m.id = b.member_id;
    RETURN NULL;
END $$;
CREATE TRIGGER member_used_more AFTER INSERT ON sweeper.reversals FOR EACH ROW EXECUTE FUNCTION member_used_more();
