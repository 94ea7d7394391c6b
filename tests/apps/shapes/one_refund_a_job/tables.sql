-- Refunds stand in a table of their own, which is unique by the job: there is no room for a second row that takes one back.
CREATE TABLE customers (id bigint PRIMARY KEY, credits numeric(12, 2) NOT NULL CHECK (credits >= 0));
CREATE TABLE jobs (
    id uuid PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES customers,
    state text NOT NULL CHECK (state IN ('queued', 'working', 'done', 'failed')),
    price numeric(12, 2) NOT NULL,
    created_at timestamptz NOT NULL,
    beat_at timestamptz,
    ended_at timestamptz
);
CREATE TABLE refunds (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    job_id uuid NOT NULL UNIQUE REFERENCES jobs,
    customer_id bigint NOT NULL REFERENCES customers,
    credits numeric(12, 2) NOT NULL CHECK (credits > 0),
    reason text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    voided_at timestamptz
);
CREATE FUNCTION refund_job(which uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE r refunds;
BEGIN
    INSERT INTO refunds (job_id, customer_id, credits, reason)
    SELECT id, customer_id, price, 'job failed' FROM jobs WHERE id = which AND state = 'failed' AND price > 0
    ON CONFLICT (job_id) DO NOTHING RETURNING * INTO r;
    UPDATE customers SET credits = credits + r.credits WHERE id = r.customer_id;
END $$;
