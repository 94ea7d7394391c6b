-- The rows of a table beside columns with these names, so that a bare name in a subquery is ambiguous where it means a
-- column of the table.
(SELECT {each names ", "}NULL AS {name}{end}) AS sweeper_names CROSS JOIN {table}
