-- Run it in psql as it is: everything is rolled back at the end, and nothing that it writes stays.
{if writes}
-- Only a sequence keeps the numbers that it gave out, as after any transaction that is rolled back.
{end}
{if noted}
-- {note}
{end}

\set ON_ERROR_STOP on
{if bound}
-- the values that the statement is sent with
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
