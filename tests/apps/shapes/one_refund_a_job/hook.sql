-- A refund that is taken back keeps its row, so that no layer pays the job again.
CREATE FUNCTION void_refund() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    UPDATE refunds AS f SET voided_at = now()
    FROM sweeper.refunds AS r WHERE r.refund_id = NEW.refund_id AND f.job_id = r.session_id;
    RETURN NULL;
END $$;
CREATE TRIGGER void_refund AFTER INSERT ON sweeper.reversals FOR EACH ROW EXECUTE FUNCTION void_refund();
