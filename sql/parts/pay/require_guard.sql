-- Requires, for refund(), the unique indexes that stop a second refund. Without them the statement that pays would fail
-- as well, but with an error that quotes three hundred lines of it; in another order it would not.
    IF NOT EXISTS (
            SELECT
            FROM pg_catalog.pg_index AS i
            WHERE i.indrelid = {refunds_text}::regclass::oid
              AND i.indisunique AND i.indisvalid AND i.indisready AND i.indimmediate AND i.indpred IS NULL
              AND i.indnkeyatts = {if by_account}4{else}3{end}
              AND (
                  SELECT pg_catalog.count(*)
                  FROM pg_catalog.pg_attribute AS a
                  WHERE a.attrelid = i.indrelid
                    AND a.attnum OPERATOR(pg_catalog.=) ANY (i.indkey::int2[])
                    AND a.attname IN ('session_id', 'attempt', 'again'{if by_account}, 'account_id'{end})
              ) = {if by_account}4{else}3{end}
        ){if sharded}{else} OR EXISTS (
            SELECT
            FROM {settings} AS g
            LEFT JOIN pg_catalog.pg_index AS i ON i.indexrelid = pg_catalog.to_regclass(g.guard_index)::oid
            WHERE g.guard_index IS NOT NULL
              {if ledger_guarded}
              {else}
              AND i.indexrelid IS NOT NULL  -- it is not a guard: it is there to find refunds
              {end}
              AND (
                  {if ledger_guarded}i.indisunique AND i.indisvalid AND i.indisready AND i.indimmediate{else}true{end}{if ledger}
                  -- and not on another table that had the ledger's name before
                  AND {ledger_text}::regclass::oid IN (i.indrelid, pg_catalog.pg_partition_root(i.indrelid::regclass)::oid){end}
              ) IS NOT TRUE
        ){end}
    THEN
        RAISE EXCEPTION 'the guard is missing (the unique index that stops a second refund): nothing was paid'
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Run `sweeper install`.';
    END IF;
    SELECT found.name
    INTO sweeper_problem
    {include changed_collation}
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = 'the guard may not find what is in it, because ' || sweeper_problem || ' is of another version now: nothing was paid',
            HINT = 'Run `sweeper check`.';
    END IF;
