-- Minutes in place of credits.
CREATE TABLE tenants (id bigint PRIMARY KEY, name text, minutes_left numeric NOT NULL, minutes_included int);
CREATE TABLE users (id bigint PRIMARY KEY, tenant_id bigint REFERENCES tenants);
CREATE TABLE call_analyses (id bigint PRIMARY KEY, tenant_id bigint NOT NULL REFERENCES tenants, user_id bigint
    REFERENCES users, status smallint, state text NOT NULL, minutes numeric, exception text, queued_at timestamptz NOT
    NULL DEFAULT now(), heartbeat timestamptz);
INSERT INTO tenants SELECT n,'t',10 FROM generate_series(1,3) n; INSERT INTO users SELECT n,1 FROM
    generate_series(1,3) n;
INSERT INTO call_analyses(id,tenant_id,user_id,state,minutes) SELECT
    n,1,1,(ARRAY['queued','analysing','analysed','failed'])[1+n%4],3 FROM generate_series(1,80) n;
UPDATE call_analyses SET heartbeat = now() WHERE state = 'analysed';
