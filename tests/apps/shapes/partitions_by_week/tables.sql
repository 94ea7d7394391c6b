-- Partitioned by time: no index can be unique by the id alone, and two rows do share one here.
CREATE TYPE chore_state AS ENUM ('WAITING', 'RUNNING', 'DONE', 'FAILED', 'CANCELLED');
CREATE TABLE households (id bigint PRIMARY KEY, credits integer NOT NULL);
CREATE TABLE chores (
    id bigint GENERATED ALWAYS AS IDENTITY,
    asked_at timestamptz NOT NULL DEFAULT now(),
    household_id bigint NOT NULL REFERENCES households,
    cost integer NOT NULL,
    state chore_state NOT NULL,
    ended_at timestamptz,
    refunded_at timestamptz,
    PRIMARY KEY (id, asked_at)
) PARTITION BY RANGE (asked_at);
DO $$
BEGIN
    FOR week IN -2 .. 1 LOOP
        EXECUTE format('CREATE TABLE chores_%s PARTITION OF chores FOR VALUES FROM (%L) TO (%L)', week + 3,
            date_trunc('week', now()) + week * interval '1 week', date_trunc('week', now()) + (week + 1) * interval '1 week');
    END LOOP;
END $$;
