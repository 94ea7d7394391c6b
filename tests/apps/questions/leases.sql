-- A status that no name shows, seconds of a limit that are reserved, and released by a refund.
CREATE TABLE tenants (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), seconds_limit int NOT NULL, seconds_used int NOT
    NULL, discarded_at timestamptz);
CREATE TABLE leases (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), tenant_id uuid NOT NULL REFERENCES tenants,
    gpu text NOT NULL, lifecycle text NOT NULL, reserved_seconds int NOT NULL, seconds_released_at timestamptz,
    created_at timestamptz NOT NULL);
INSERT INTO tenants (seconds_limit, seconds_used) SELECT 1000, n FROM generate_series(1, 4) AS n;
INSERT INTO leases (tenant_id, gpu, lifecycle, reserved_seconds, created_at)
SELECT t.id, 'a100', (ARRAY['requested', 'running', 'failed', 'terminated'])[1 + n % 4], 60 * n, now()
FROM tenants AS t, generate_series(1, 8) AS n;
