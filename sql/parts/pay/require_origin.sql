-- Requires, for refund(), that triggers fire, and that no enabled subscription writes the rows of the mapped tables: they
-- must be refunded where they come from.
    IF pg_catalog.current_setting('session_replication_role') = 'replica' THEN
        RAISE EXCEPTION 'refund() cannot be called while session_replication_role is replica: no trigger would fire'
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Call it where it is origin.';
    END IF;
    SELECT pg_catalog.format('ALTER SUBSCRIPTION %%I DISABLE'::text, s.subname)
    INTO sweeper_problem
    FROM pg_catalog.pg_subscription AS s
    JOIN pg_catalog.pg_subscription_rel AS r ON r.srsubid = s.oid
    WHERE s.subenabled
      AND EXISTS (
          SELECT
          FROM pg_catalog.unnest({table_texts}::text[]) AS t (name)
          WHERE pg_catalog.to_regclass(t.name)::oid IN (r.srrelid, pg_catalog.pg_partition_root(r.srrelid::regclass)::oid)
      )
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'refund() cannot be called here: the app''s rows come from another database, by a subscription'
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'Call it in that database. Once this one takes its place: ' || sweeper_problem;
    END IF;
