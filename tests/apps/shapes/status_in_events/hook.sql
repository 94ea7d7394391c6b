-- A refund is also a posting, and to close a job is an event.
CREATE FUNCTION post_refund() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    INSERT INTO "Posting" SELECT "postingId", NEW.created_at AT TIME ZONE 'UTC', amount, "memberId", "teamId"
    FROM "Lot" WHERE "postingId" = 'swept-' || NEW.refund_id;
    INSERT INTO "JobEvent" SELECT 'swept-' || NEW.refund_id, clock_timestamp() AT TIME ZONE 'UTC', NEW.session_id, 'BROKEN'
    WHERE newest(NEW.session_id) <> 'BROKEN';
    RETURN NULL;
END $$;
CREATE TRIGGER post_refund AFTER INSERT ON sweeper.refunds FOR EACH ROW WHEN (NEW.layer <> 'adopted')
    EXECUTE FUNCTION post_refund();
-- What a refund gave is used up by a posting of its own.
CREATE FUNCTION post_reversal() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    INSERT INTO "Posting" SELECT 'unswept-' || NEW.refund_id, NEW.created_at AT TIME ZONE 'UTC', -amount, "memberId", "teamId"
    FROM "Lot" WHERE "postingId" = 'swept-' || NEW.refund_id;
    INSERT INTO "LotUse" SELECT 'unswept-' || NEW.refund_id, amount, id, 'unswept-' || NEW.refund_id
    FROM "Lot" WHERE "postingId" = 'swept-' || NEW.refund_id;
    RETURN NULL;
END $$;
CREATE TRIGGER post_reversal AFTER INSERT ON sweeper.reversals FOR EACH ROW EXECUTE FUNCTION post_reversal();
