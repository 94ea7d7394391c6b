-- No balance anywhere: the sum of the entries is it; identity ids, decimals, the organization by way of the project.
CREATE TABLE organizations (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL);
CREATE TABLE projects (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, organization_id bigint NOT NULL REFERENCES
    organizations, name text);
CREATE TABLE render_jobs (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, project_id bigint NOT NULL REFERENCES
    projects, state text NOT NULL DEFAULT 'waiting', frames int, error_detail text, submitted_at timestamptz NOT NULL
    DEFAULT now(), last_heartbeat_at timestamptz, ended_at timestamptz);
CREATE TABLE ledger_entries (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, organization_id bigint NOT NULL
    REFERENCES organizations, render_job_id bigint REFERENCES render_jobs, entry_kind text NOT NULL CHECK (entry_kind
    IN ('purchase','consumption','refund','adjustment')), amount numeric(14,3) NOT NULL, memo text, booked_at
    timestamptz NOT NULL DEFAULT now());
INSERT INTO organizations(name) SELECT 'o' FROM generate_series(1,3);
INSERT INTO projects(organization_id) SELECT 1+n%3 FROM generate_series(1,9) n;
INSERT INTO render_jobs(project_id,state,frames) SELECT
    1+n%9,(ARRAY['waiting','rendering','rendered','crashed'])[1+n%4],100 FROM generate_series(1,80) n;
INSERT INTO ledger_entries(organization_id,render_job_id,entry_kind,amount) SELECT
    p.organization_id,j.id,'consumption',-1.125 FROM render_jobs j JOIN projects p ON p.id=j.project_id;
INSERT INTO ledger_entries(organization_id,entry_kind,amount) SELECT 1,'purchase',100 FROM generate_series(1,5);
UPDATE render_jobs SET last_heartbeat_at = now() WHERE state = 'rendered';
