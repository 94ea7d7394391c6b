-- The account, for refund(): waits for it, as the app's own statements do.

    SELECT v.account_id
    INTO sweeper_found
    {include reading}
    WHERE {session_id} {session_eq} sweeper_session_id;
    SELECT {balance}::text::numeric, {spent}::text::numeric
    INTO sweeper_before, sweeper_spent_before
    FROM {accounts} AS a
    WHERE {accounts_id} {account_eq} sweeper_found.account_id
    FOR NO KEY UPDATE;
    sweeper_accounts := CASE WHEN FOUND THEN ARRAY[sweeper_found.account_id::text] ELSE '{}' END;
