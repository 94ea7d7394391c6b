-- The mailing's totals, which the app reconciles with its rows.
CREATE FUNCTION mailing_totals() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    UPDATE mailings AS m SET returned = m.returned + NEW.amount, pieces_lost = m.pieces_lost + l.pieces
    FROM letters AS l WHERE l.id = NEW.session_id AND m.id = l.mailing_id;
    RETURN NULL;
END $$;
CREATE TRIGGER mailing_totals AFTER INSERT ON sweeper.refunds FOR EACH ROW WHEN (NEW.layer <> 'adopted')
    EXECUTE FUNCTION mailing_totals();
CREATE FUNCTION mailing_totals_back() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    UPDATE mailings AS m SET returned = m.returned - NEW.amount, pieces_lost = m.pieces_lost - l.pieces
    FROM sweeper.refunds AS r JOIN letters AS l ON l.id = r.session_id
    WHERE r.refund_id = NEW.refund_id AND m.id = l.mailing_id;
    RETURN NULL;
END $$;
CREATE TRIGGER mailing_totals_back AFTER INSERT ON sweeper.reversals FOR EACH ROW EXECUTE FUNCTION mailing_totals_back();
