-- `revert` takes the shares back, and with them a version: a version must never be used twice, so it is raised past it.
CREATE FUNCTION raise_version() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    UPDATE users AS u SET lock_version = lock_version + 2 FROM sweeper.refunds AS r
    WHERE r.refund_id = NEW.refund_id AND u.id = r.account_id;
    RETURN NULL;
END $$;
CREATE TRIGGER raise_version AFTER INSERT ON sweeper.reversals FOR EACH ROW EXECUTE FUNCTION raise_version();
