-- The rows of a table with only these columns.
(SELECT {each columns ", "}t.{column}{end} FROM {table} AS t)
