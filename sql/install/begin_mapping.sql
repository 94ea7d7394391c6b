-- Begins to install the mapping: until this transaction ends no batch and no refund() pays. What the plan is based on
-- must still be true: a ledger that has got refunds or another key since then is not converted.
DO $begin$
BEGIN
    {include lock_rows}
    PERFORM true FROM {locks} AS l WHERE l.name = 'installation' FOR UPDATE;
    IF (SELECT s.charge_key FROM {settings} AS s) IS DISTINCT FROM {bound_key}::jsonb THEN
        RAISE EXCEPTION 'the ledger has got another key since this was planned: nothing was changed, plan it again';
    ELSIF {was_empty} AND EXISTS (SELECT FROM {refunds}) THEN
        RAISE EXCEPTION 'the ledger has got refunds since this was planned: nothing was changed, plan it again';
    END IF;
END
$begin$;
