-- The period of an account's row, a, as text that sorts by time.
{if of_text}a.{column}::text{else}pg_catalog.to_char(a.{column}::timestamp, 'YYYY-MM-DD HH24:MI:SS'::text){end}
