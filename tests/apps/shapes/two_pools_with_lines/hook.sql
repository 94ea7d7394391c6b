CREATE FUNCTION refund_to_pools() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    PERFORM move_milli(NEW.account_id, part.pool, part.milli, 'refund', NEW.session_id)
    FROM (SELECT pool, -sum(change_milli)::bigint AS milli FROM milli_lines WHERE essay_id = NEW.session_id
          GROUP BY pool HAVING sum(change_milli) < 0 ORDER BY pool) AS part;
    RETURN NULL;
END $$;
CREATE TRIGGER refund_to_pools AFTER INSERT ON sweeper.refunds FOR EACH ROW WHEN (NEW.layer <> 'adopted')
    EXECUTE FUNCTION refund_to_pools();
-- Each pool gives back what the refund put there: its newest lines of that sort.
CREATE FUNCTION take_from_pools() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    PERFORM move_milli(part.school_id, part.pool, -part.change_milli, 'taken back', NULL)
    FROM (SELECT DISTINCT ON (l.pool) l.* FROM milli_lines l JOIN sweeper.refunds r ON r.session_id = l.essay_id
          WHERE r.refund_id = NEW.refund_id AND l.why = 'refund' ORDER BY l.pool, l.id DESC) AS part;
    RETURN NULL;
END $$;
CREATE TRIGGER take_from_pools AFTER INSERT ON sweeper.reversals FOR EACH ROW EXECUTE FUNCTION take_from_pools();
