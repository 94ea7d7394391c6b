-- Creates the schema and its tables, with the types of the app's own ids. No foreign key refers to the app's tables,
-- because apps delete old sessions and the record of the money must stay. What already exists is left as it is.
DO $schema$
BEGIN
    -- IF NOT EXISTS would need the right to create a schema even where a DBA has already created this one
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = {schema_text}) THEN
        CREATE SCHEMA {schema};
    END IF;
END
$schema$;

CREATE TABLE IF NOT EXISTS {refunds} (
    refund_id uuid{if by_account} NOT NULL{else} PRIMARY KEY{end},
    session_id {session_type}{session_collate} NOT NULL,
    account_id {if by_account}{shard_key_type}{else}{account_type}{end}{account_collate},
    -- what tells the charges of a session apart, by the mapping; 0 where it maps no attempt
    attempt {attempt_type}{attempt_collate} NOT NULL{if attempts}{else} DEFAULT 0{end},
    -- how often this charge had been refunded and taken back before: only a user can pay it once more
    again int NOT NULL DEFAULT 0,
    amount numeric NOT NULL CHECK (amount >= 0::numeric AND amount < 'Infinity'),
    reason text NOT NULL,
    detail text,
    layer text NOT NULL,
    run_id uuid,
    created_at timestamptz NOT NULL,
    -- when the session failed or, if stuck, last showed a sign of life: kept here because apps delete old sessions
    failed_at timestamptz,
    -- a session without an account can only be waived
    CHECK (account_id IS NOT NULL OR layer = 'adopted' AND amount = 0::numeric),
    -- the guard: a charge is refunded at most once
    UNIQUE (session_id, attempt, again{if by_account}, account_id{end}){if by_account},
    PRIMARY KEY (account_id, refund_id){end}
);
COMMENT ON TABLE {refunds} IS 'Every refund of a session, once: append-only. A correction is a row in reversals.';
{if by_account}
-- Citus keeps it with its account: a unique index must include the distribution column
SELECT pg_catalog.create_distributed_table({refunds_text}, 'account_id', colocate_with => {sessions_text})
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_dist_partition AS p WHERE p.logicalrelid = {refunds_text}::pg_catalog.regclass);
{end}
-- for the caps, and to page through the refunds of one run in order
CREATE INDEX IF NOT EXISTS refunds_created_at_run_id_idx ON {refunds} (created_at, run_id, refund_id);

CREATE TABLE IF NOT EXISTS {runs} (
    run_id uuid PRIMARY KEY,
    version text NOT NULL,
    host text NOT NULL,
    db_role text NOT NULL,
    told jsonb NOT NULL,
    as_of timestamptz NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz,
    outcome text,
    sessions bigint,
    credits numeric,
    already_refunded bigint,
    skipped bigint,
    held bigint,
    remaining bigint,
    batches bigint
);
COMMENT ON TABLE {runs} IS 'Every sweep: who ran it, what it was told, how it ended. One that died has no ended_at.';
CREATE INDEX IF NOT EXISTS runs_started_at_idx ON {runs} (started_at);

CREATE TABLE IF NOT EXISTS {holds} (
    -- a digest of session and attempt: a long id would not fit into our index beside another value
    hold_key bigint{if by_account} NOT NULL{else} PRIMARY KEY{end},
    session_id {session_type}{session_collate} NOT NULL,
    -- as text, to be shown; null where the attempt is null or cannot be read
    attempt text,
    account_id {if by_account}{shard_key_type}{else}{account_type}{end}{account_collate},
    why text NOT NULL,
    sqlstate text,
    message text,
    constraint_name text,
    first_seen timestamptz NOT NULL,
    last_seen timestamptz NOT NULL,
    ended_at timestamptz,
    run_id uuid{if by_account},
    PRIMARY KEY (account_id, hold_key){end}
);
{if by_account}
SELECT pg_catalog.create_distributed_table({holds_text}, 'account_id', colocate_with => {sessions_text})
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_dist_partition AS p WHERE p.logicalrelid = {holds_text}::pg_catalog.regclass);
{end}
COMMENT ON TABLE {holds} IS 'Sessions that no program may refund, and why. They wait for a decision.';
CREATE INDEX IF NOT EXISTS holds_session_id_idx ON {holds} USING hash (session_id);

CREATE TABLE IF NOT EXISTS {reversals} (
    {if by_account}
    reversal_id uuid NOT NULL,
    account_id {shard_key_type}{account_collate} NOT NULL,
    refund_id uuid NOT NULL,
    {else}
    reversal_id uuid PRIMARY KEY,
    refund_id uuid NOT NULL UNIQUE REFERENCES {refunds},
    {end}
    amount numeric NOT NULL CHECK (amount >= 0::numeric AND amount < 'Infinity'),
    reason text NOT NULL,
    made_by text NOT NULL,
    created_at timestamptz NOT NULL{if by_account},
    PRIMARY KEY (account_id, reversal_id),
    UNIQUE (account_id, refund_id){end}
);
{if by_account}
SELECT pg_catalog.create_distributed_table({reversals_text}, 'account_id', colocate_with => {sessions_text})
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_dist_partition AS p WHERE p.logicalrelid = {reversals_text}::pg_catalog.regclass);
{end}
COMMENT ON TABLE {reversals} IS 'Refunds taken back, each once: append-only.';
CREATE INDEX IF NOT EXISTS reversals_created_at_idx ON {reversals} (created_at);

CREATE TABLE IF NOT EXISTS {settings} (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    schema_version int NOT NULL,
    installed_at timestamptz NOT NULL,
    fingerprint text NOT NULL,
    search_path text NOT NULL,
    guard_index text,
    live_index text,
    -- where the next run starts, and when and with which policy that was decided
    horizon timestamptz,
    horizon_as_of timestamptz,
    horizon_policy text,
    -- the last run that started at the floor, and what it counted of the time before the floor
    full_sweep_as_of timestamptz,
    before_floor_sessions bigint,
    before_floor_credits numeric
);
COMMENT ON TABLE {settings} IS 'What sweeper install wrote down.';
-- what identifies a charge: table, id, attempt and their types; under another key, refunded sessions would be paid
-- again
ALTER TABLE {settings} ADD COLUMN IF NOT EXISTS charge_key jsonb;
ALTER TABLE {settings} ADD COLUMN IF NOT EXISTS fence boolean NOT NULL DEFAULT false;
-- the values of the status enum with which the index on live sessions was built
ALTER TABLE {settings} ADD COLUMN IF NOT EXISTS status_labels jsonb;
-- what `install` found in the app's past, not all of which a runner may read
ALTER TABLE {settings} ADD COLUMN IF NOT EXISTS rehearsal jsonb;
-- no run begins without a fingerprint: the last step of the installation writes it
INSERT INTO {settings} (schema_version, installed_at, fingerprint, search_path)
VALUES ({schema_version}, {if printed}pg_catalog.transaction_timestamp(){else}{installed_at}{end}, '', '')
ON CONFLICT (only_row) DO NOTHING;

CREATE TABLE IF NOT EXISTS {locks} (
    name text PRIMARY KEY,
    -- in the row `installation`, the mapping under which batches may pay
    fingerprint text NOT NULL DEFAULT '',
    -- a role that may update this column may lock the rows
    locker text
);
COMMENT ON TABLE {locks} IS 'Rows that runs and installations lock to take turns.';
{include lock_rows}
