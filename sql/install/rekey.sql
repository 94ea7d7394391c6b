-- Converts existing refunds to the key of the mapping in the file: by way of text, because every type has one. The
-- ledger is append-only before and after, and its lock hides the steps in between.
LOCK TABLE {refunds}, {reversals}, {holds} IN ACCESS EXCLUSIVE MODE;
ALTER TABLE {refunds} DISABLE TRIGGER append_only;
DO $guards$
DECLARE
    guard record;
BEGIN
    FOR guard IN
        SELECT i.indexrelid::regclass AS name, c.conname, i.indrelid::regclass AS table_name
        FROM pg_catalog.pg_index AS i
        LEFT JOIN pg_catalog.pg_constraint AS c ON c.conindid = i.indexrelid AND c.conrelid = i.indrelid
        WHERE i.indisunique
          AND (
              i.indrelid = {refunds_text}::regclass AND NOT i.indisprimary
              OR i.indrelid = {holds_text}::regclass
          )
    LOOP
        IF guard.conname IS NOT NULL THEN
            EXECUTE pg_catalog.format('ALTER TABLE %s DROP CONSTRAINT %I', guard.table_name, guard.conname);
        ELSE
            EXECUTE pg_catalog.format('DROP INDEX %s', guard.name);
        END IF;
    END LOOP;
END
$guards$;
ALTER TABLE {refunds} ADD COLUMN IF NOT EXISTS again int NOT NULL DEFAULT 0;
ALTER TABLE {refunds}
    ALTER COLUMN attempt DROP DEFAULT,
    ALTER COLUMN session_id TYPE text USING session_id::text,
    ALTER COLUMN account_id TYPE text USING account_id::text,
    ALTER COLUMN attempt TYPE text USING attempt::text;
DROP INDEX IF EXISTS {schema}.holds_session_id_idx;
ALTER TABLE {holds} ADD COLUMN IF NOT EXISTS hold_key bigint;
ALTER TABLE {holds}
    ALTER COLUMN attempt DROP DEFAULT,
    ALTER COLUMN attempt DROP NOT NULL,
    ALTER COLUMN session_id TYPE text USING session_id::text,
    ALTER COLUMN account_id TYPE text USING account_id::text;
-- an older ledger recorded in the attempt that a user had paid again, or that the attempt was not known
UPDATE {refunds}
SET attempt = pg_catalog.regexp_replace(attempt, ' \(again [0-9]+\)$', '')
WHERE attempt ~ ' \(again [0-9]+\)$';
UPDATE {holds}
SET attempt = nullif(pg_catalog.regexp_replace(attempt, ' \(again [0-9]+\)$', ''), ' (unknown)')
WHERE attempt ~ ' \((again [0-9]+|unknown)\)$';
{if other_ids}
-- another unique column is the id now
UPDATE {refunds} AS r
SET session_id = ({session_id})::text
FROM {sessions} AS s
WHERE ({old_session_id})::text = r.session_id;
UPDATE {holds} AS h
SET session_id = ({session_id})::text
FROM {sessions} AS s
WHERE ({old_session_id})::text = h.session_id;
{end}
{if forget_attempts}
-- charges are no longer told apart: a session has the refund of its latest charge, and those of earlier charges keep
-- numbers of their own, below 0, which no session has
UPDATE {refunds} AS r
SET attempt = (-charge.later)::text
FROM (
    SELECT session_id,
           attempt,
           pg_catalog.row_number() OVER (
               PARTITION BY session_id ORDER BY pg_catalog.max(created_at) DESC, attempt
           ) - 1 AS later
    FROM {refunds}
    GROUP BY session_id, attempt
) AS charge
WHERE charge.session_id = r.session_id AND charge.attempt = r.attempt
  AND r.attempt <> (-charge.later)::text;
UPDATE {holds}
SET attempt = '0'
WHERE attempt IS DISTINCT FROM '0';
{end}
{if translate_attempts}
-- another expression tells charges apart now: each refund gets the attempt of its session's current charge. Where the
-- old expression says that it is of an earlier charge, it keeps its text, which no new charge can have
UPDATE {refunds} AS r
SET attempt = CASE
    WHEN {old_attempt_is_known} AND mapped.old_attempt <> r.attempt THEN r.attempt || ' (before)'
    ELSE mapped.attempt
END
FROM (
    SELECT ({session_id})::text AS session_id,
           ({attempt})::text AS attempt,
           ({old_attempt})::text AS old_attempt
    FROM {sessions} AS s
) AS mapped
WHERE mapped.session_id = r.session_id{if keeps_earlier} AND r.attempt !~ '^-'{end};
UPDATE {holds} AS h
SET attempt = mapped.attempt
FROM (
    SELECT ({session_id})::text AS session_id,
           ({attempt})::text AS attempt
    FROM {sessions} AS s
) AS mapped
WHERE mapped.session_id = h.session_id;
{end}
{if translate_empty_attempts}
-- an older ledger recorded a null attempt as an empty text
UPDATE {refunds} AS r
SET attempt = mapped.attempt
FROM (
    SELECT ({session_id})::text AS session_id,
           ({attempt})::text AS attempt
    FROM {sessions} AS s
) AS mapped
WHERE mapped.session_id = r.session_id AND r.attempt = '' AND mapped.attempt IS NOT NULL;
UPDATE {holds}
SET attempt = NULL
WHERE attempt = '';
{end}
{if other_accounts}
-- the accounts have other ids now: each refund went to the account of its session. If most refunds have the account of
-- their session as it is, only its type is another: then one whose session moved to another account keeps its own
WITH mapped AS MATERIALIZED (
    SELECT ({session_id})::text AS session_id,
           (({account}){account_as})::text AS account_id
    FROM {sessions} AS s
),
known AS MATERIALIZED (
    SELECT pg_catalog.lower(m.account_id) AS account_id
    FROM mapped AS m
    WHERE m.account_id IS NOT NULL
    {if accounts}
    UNION
    SELECT pg_catalog.lower({accounts_id}::text)
    FROM {accounts} AS a
    {end}
)
UPDATE {refunds} AS r
SET account_id = mapped.account_id
FROM mapped
WHERE mapped.session_id = r.session_id AND r.account_id IS NOT NULL AND mapped.account_id IS NOT NULL
  AND NOT (
      pg_catalog.lower(r.account_id) IN (SELECT k.account_id FROM known AS k)
      AND (
          SELECT pg_catalog.count(*) FILTER (
                     WHERE pg_catalog.lower(m.account_id) = pg_catalog.lower(o.account_id)
                 ) * 2 > pg_catalog.count(*)
          FROM {refunds} AS o
          JOIN mapped AS m ON m.session_id = o.session_id
      )
  );
UPDATE {holds}
SET account_id = NULL
WHERE account_id IS NOT NULL;
{end}
-- several refunds of one charge: the first was the sweep's, the others were paid by a user after a reversal
UPDATE {refunds} AS r
SET again = counted.again
FROM (
    SELECT refund_id,
           pg_catalog.row_number() OVER (PARTITION BY session_id, attempt ORDER BY created_at, refund_id) - 1 AS again
    FROM {refunds}
) AS counted
WHERE counted.refund_id = r.refund_id
  AND r.again <> counted.again;
ALTER TABLE {refunds}
    ALTER COLUMN session_id TYPE {session_type}{session_collate} USING session_id::{session_type},
    ALTER COLUMN account_id TYPE {account_type}{account_collate} USING account_id::{account_type},
    ALTER COLUMN attempt TYPE {attempt_type}{attempt_collate} USING attempt::{attempt_type},
{if attempts}
{else}
    ALTER COLUMN attempt SET DEFAULT 0,
{end}
    ADD UNIQUE (session_id, attempt, again);
ALTER TABLE {holds}
    ALTER COLUMN session_id TYPE {session_type}{session_collate} USING session_id::{session_type},
    ALTER COLUMN account_id TYPE {account_type}{account_collate} USING account_id::{account_type};
UPDATE {holds} AS v
SET hold_key = {include hold_key};
DELETE FROM {holds} AS h
USING {holds} AS later
WHERE later.hold_key = h.hold_key
  AND (later.ended_at IS NULL, later.last_seen, later.ctid) > (h.ended_at IS NULL, h.last_seen, h.ctid);
ALTER TABLE {holds}
    ADD PRIMARY KEY (hold_key);
CREATE INDEX holds_session_id_idx ON {holds} USING hash (session_id);
ALTER TABLE {refunds} ENABLE ALWAYS TRIGGER append_only;
-- runs that paid under the file with the old key count as paid under this one: it needs no new rehearsal
UPDATE {runs} AS run
SET told = (run.told #- '{seen,sessions}'::text[]) || pg_catalog.jsonb_build_object('mapping', {file_digest})
FROM (
    SELECT r.told ->> 'mapping'::text AS mapping
    FROM {runs} AS r
    WHERE r.told ->> 'mapping'::text IS NOT NULL
    ORDER BY r.started_at DESC
    LIMIT 1
) AS before
WHERE run.told ->> 'mapping'::text = before.mapping;
