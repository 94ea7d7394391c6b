-- Rows of a table that show no column but these.
(SELECT {each columns ", "}t.{column}{end} FROM {table} AS t)
