-- Begins to put the mapping in place: from here on until this transaction ends no batch and no refund() pays. What was
-- true when it was planned must be true still: a ledger that got refunds since, or another key, is not translated.
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
