-- A refund names the charge and never the job, so the charge is the session. The state of a job is in two columns; one that
-- no worker has taken has no start. A grant that is not paid yet is open like a charge, and is none.
CREATE SCHEMA lab;
CREATE TYPE lab.state AS ENUM ('QUEUED', 'STARTED', 'DONE', 'FAILED', 'STOPPED');
CREATE TYPE lab.sort AS ENUM ('Open', 'Used', 'Returned', 'Returning', 'Grant');
CREATE TABLE lab.jobs (
    id text PRIMARY KEY CHECK (length(id) = 20),
    company text NOT NULL,
    state lab.state NOT NULL,
    overruled lab.state,
    started timestamptz,
    ended timestamptz,
    created timestamptz NOT NULL
);
CREATE TABLE lab.moves (
    id text PRIMARY KEY CHECK (length(id) = 20),
    company text NOT NULL,
    returns text,
    job_id text,
    delta integer NOT NULL,
    remark text NOT NULL,
    settled boolean NOT NULL,
    sort lab.sort NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE FUNCTION lab.keep_above_zero() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    ASSERT NEW.delta + coalesce((SELECT sum(m.delta) FROM lab.moves AS m WHERE m.company = NEW.company AND m.id <> NEW.id), 0)
        >= 0, 'below zero';
    RETURN NEW;
END $$;
CREATE TRIGGER keep_above_zero BEFORE INSERT OR UPDATE ON lab.moves FOR EACH ROW EXECUTE FUNCTION lab.keep_above_zero();
