-- sweeper install --release, as SQL. Run it in psql with ON_ERROR_STOP set.
{each steps ""}

{if in_transaction}BEGIN;

{statement}

COMMIT;{else}{statement}{end}
{end}
