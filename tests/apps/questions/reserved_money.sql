-- Credits in money to ten places, which are reserved and released.
CREATE TABLE orgs (id int PRIMARY KEY, balance_usd numeric(20,10) NOT NULL);
CREATE TABLE completions (id char(26) PRIMARY KEY, org_id int NOT NULL REFERENCES orgs, state text NOT NULL,
    reserved_usd numeric(20,10) NOT NULL, started_at timestamptz NOT NULL);
CREATE TABLE balance_events (id bigserial PRIMARY KEY, org_id int NOT NULL REFERENCES orgs, kind text NOT NULL,
    delta_usd numeric(20,10) NOT NULL, completion_id char(26) REFERENCES completions);
INSERT INTO orgs SELECT n, 5 FROM generate_series(1, 3) AS n;
INSERT INTO completions SELECT lpad(n::text, 26, '0'), 1 + n % 3,
    (ARRAY['streaming', 'completed', 'errored'])[1 + n % 3], 0.0031, now() FROM generate_series(1, 30) AS n;
INSERT INTO balance_events (org_id, kind, delta_usd, completion_id)
    SELECT org_id, 'reserve', -reserved_usd, id FROM completions;
INSERT INTO balance_events (org_id, kind, delta_usd, completion_id)
    SELECT org_id, 'release', reserved_usd, id FROM completions WHERE state = 'errored';
