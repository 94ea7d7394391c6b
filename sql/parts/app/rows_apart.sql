-- The rows of a table, which the plan shows under their alias also where these are in partitions.
(SELECT {each columns ", "}t.{column}{end} FROM {table} AS t OFFSET 0)
