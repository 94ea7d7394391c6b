-- Partitioned by month: the number is unique with it alone; a uuid beside it looks like an id and is none.
CREATE TABLE tenants (id int PRIMARY KEY, credits int NOT NULL, is_deleted boolean NOT NULL DEFAULT false);
CREATE TABLE runs (run_no bigint NOT NULL, tenant_id int NOT NULL REFERENCES tenants, uuid uuid NOT NULL DEFAULT
    gen_random_uuid(), status text NOT NULL, credits_cost int, error text, is_refunded boolean NOT NULL DEFAULT false,
    refunded_on timestamptz, created_at timestamptz NOT NULL, PRIMARY KEY (created_at, run_no)) PARTITION BY RANGE (created_at);
CREATE TABLE runs_now PARTITION OF runs FOR VALUES FROM ('2020-01-01') TO ('2100-01-01');
INSERT INTO tenants SELECT n, 100 FROM generate_series(1, 3) AS n;
INSERT INTO runs (run_no, tenant_id, status, credits_cost, created_at)
    SELECT n, 1 + n % 3, (ARRAY['queued', 'running', 'done', 'failed'])[1 + n % 4], 2, now() FROM generate_series(1, 40) AS n;
