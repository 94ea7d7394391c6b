-- Drizzle's habits: native enums, a time of failure, a ledger with an idempotency key; and a queue and webhooks beside.
CREATE TYPE job_status AS ENUM ('queued','running','completed','failed','cancelled');
CREATE TYPE entry_type AS ENUM ('grant','spend','refund','expiry');
CREATE TABLE users (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), email text UNIQUE NOT NULL, credit_balance integer
    NOT NULL DEFAULT 0, lifetime_credits integer NOT NULL DEFAULT 0, created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE video_jobs (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), user_id uuid NOT NULL REFERENCES users(id),
    status job_status NOT NULL DEFAULT 'queued', prompt text, credits_cost integer NOT NULL, failure_message text,
    queued_at timestamptz NOT NULL DEFAULT now(), started_at timestamptz, completed_at timestamptz, failed_at
    timestamptz, heartbeat_at timestamptz, metadata jsonb);
CREATE TABLE credit_ledger (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), user_id uuid NOT NULL REFERENCES users(id),
    job_id uuid REFERENCES video_jobs(id), entry_type entry_type NOT NULL, delta integer NOT NULL, balance_after
    integer NOT NULL, idempotency_key text NOT NULL UNIQUE, created_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE webhooks (id serial PRIMARY KEY, status text NOT NULL DEFAULT 'pending', error text, attempts int,
    user_id uuid REFERENCES users(id), created_at timestamptz DEFAULT now());
CREATE SCHEMA pgboss;
CREATE TYPE pgboss.job_state AS ENUM ('created','retry','active','completed','cancelled','failed');
CREATE TABLE pgboss.job (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text NOT NULL, priority int DEFAULT 0,
    data jsonb, state pgboss.job_state NOT NULL DEFAULT 'created', retry_limit int DEFAULT 2, retry_count int DEFAULT
    0, start_after timestamptz DEFAULT now(), started_on timestamptz, created_on timestamptz DEFAULT now(),
    completed_on timestamptz, output jsonb);
INSERT INTO users (email, credit_balance) SELECT 'a'||n, 10 FROM generate_series(1,4) n;
INSERT INTO video_jobs (user_id,status,credits_cost,failure_message,failed_at) SELECT (SELECT id FROM users LIMIT 1),
    (ARRAY['completed','failed','running'])[1+n%3]::job_status, 5, 'x', now() FROM generate_series(1,40) n;
INSERT INTO credit_ledger (user_id,job_id,entry_type,delta,balance_after,idempotency_key) SELECT
    user_id,id,'spend',-credits_cost,0,'k'||id FROM video_jobs;
INSERT INTO webhooks (status) SELECT (ARRAY['sent','failed'])[1+n%2] FROM generate_series(1,40) n;
INSERT INTO pgboss.job (name,state) SELECT 'render', (ARRAY['completed','failed','active'])[1+n%3]::pgboss.job_state
    FROM generate_series(1,40) n;
UPDATE video_jobs SET heartbeat_at = queued_at WHERE status = 'completed';
