-- sweeper install, as SQL: what is missing in the database that it was printed from. Run it there, or in one that is in
-- the same state, in psql with ON_ERROR_STOP set.

{if tables}
-- 1. The tables, in one transaction.

BEGIN;

{surroundings}

{each tables "\n\n"}{script}{end}

COMMIT;

{end}
{if makes_function}
BEGIN;

{make_function}

COMMIT;

{end}
-- 2. The indexes, each outside any transaction: not in a migration that opens one.

{each indexes ""}{statement}

{end}
-- 3. refund() and the mapping that is now installed, in one transaction. Without it no run begins.

BEGIN;

{surroundings}

{make_mapping}

{write_settings}

COMMIT;

{if obsolete}
-- 4. What the mapping before needed, outside any transaction.

{each obsolete ""}{statement}

{end}
{end}
-- 5. Rights, for roles that you name: remove the dashes. A role that creates triggers of the app's own (hooks) on refunds
-- or reversals needs TRIGGER on that table; what they call runs with the rights of the role that runs sweeper, unless it
-- is SECURITY DEFINER.

{each rights "\n\n"}{statements}{end}
