-- Each refund is told to other services by a row in the outbox, written in the same transaction, and by a notification.
CREATE TABLE tenants (id uuid PRIMARY KEY, credits bigint NOT NULL, credits_spent bigint NOT NULL);
CREATE TABLE tasks (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenants,
    status text NOT NULL,
    cost bigint NOT NULL,
    refund_id uuid,
    created_at timestamptz NOT NULL,
    heartbeat_at timestamptz,
    ended_at timestamptz
);
CREATE TABLE outbox (
    id bigserial PRIMARY KEY,
    topic text NOT NULL,
    task_id uuid NOT NULL,
    payload jsonb NOT NULL,
    sent boolean NOT NULL DEFAULT false
);
CREATE FUNCTION refund_task(which uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE t tasks;
BEGIN
    UPDATE tasks SET refund_id = gen_random_uuid() WHERE id = which AND status = 'failed' AND refund_id IS NULL AND cost > 0
    RETURNING * INTO t;
    IF NOT FOUND THEN RETURN; END IF;
    UPDATE tenants SET credits = credits + t.cost, credits_spent = credits_spent - t.cost WHERE id = t.tenant_id;
    INSERT INTO outbox (topic, task_id, payload) VALUES ('refunded', which, jsonb_build_object('credits', t.cost));
END $$;
