-- No balance: a limit, and a counter that goes up by each charge.
CREATE TABLE workspaces (id uuid PRIMARY KEY, credit_limit int NOT NULL, credits_used int NOT NULL DEFAULT 0);
CREATE TABLE summaries (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), workspace_id uuid NOT NULL REFERENCES workspaces,
    status text NOT NULL, credits_cost int NOT NULL, error text, created_at timestamptz NOT NULL DEFAULT now());
INSERT INTO workspaces SELECT gen_random_uuid(), 500, 3 * n FROM generate_series(1, 4) AS n;
INSERT INTO summaries (workspace_id, status, credits_cost)
    SELECT (SELECT id FROM workspaces LIMIT 1), (ARRAY['queued', 'running', 'done', 'failed'])[1 + n % 4], 3
    FROM generate_series(1, 40) AS n;
