-- For psql as it stands: everything is undone at the end, and nothing of what it writes stays.
{if noted}
-- {note}
{end}

\set ON_ERROR_STOP on
{if bound}
-- what the statement is sent with
{each variables "\n"}\set {variable} {value}{end}
{end}
-- the bounds of the transaction, in milliseconds, and how it reads names and times
{each bounds "\n"}\set {variable} {value}{end}

{if reads}
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
{else}
BEGIN ISOLATION LEVEL READ COMMITTED;
{end}

{each before "\n\n"}{text}{end}

{statement}

ROLLBACK;
