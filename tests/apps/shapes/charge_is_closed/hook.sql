-- To close the charge does not stop the job: its worker looks at the job.
CREATE FUNCTION lab.stop_job() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = lab AS $$
BEGIN
    UPDATE jobs AS j SET overruled = 'STOPPED', ended = NEW.created_at FROM moves AS m
    WHERE m.id = NEW.session_id AND j.id = m.job_id AND coalesce(j.overruled, j.state) IN ('QUEUED', 'STARTED');
    RETURN NULL;
END $$;
CREATE TRIGGER stop_job AFTER INSERT ON sweeper.refunds FOR EACH ROW WHEN (NEW.layer <> 'adopted')
    EXECUTE FUNCTION lab.stop_job();
