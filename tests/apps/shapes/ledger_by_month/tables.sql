-- The balance is the sum of the lines of the month; a refund carries the month of its charge.
CREATE TABLE polls (
    id uuid PRIMARY KEY,
    owner_id uuid NOT NULL,
    state text NOT NULL,
    asked_at timestamptz NOT NULL,
    closed_at timestamptz
);
CREATE TABLE quota_lines (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    owner_id uuid NOT NULL,
    poll_id uuid,
    amount integer NOT NULL,
    sort text NOT NULL CHECK (sort IN ('monthly', 'poll', 'refund')),
    month_begin timestamptz NOT NULL,
    month_end timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON quota_lines (poll_id);
