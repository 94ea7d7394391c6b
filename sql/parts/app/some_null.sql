-- The rows of a table in which some columns are null.
(SELECT {each columns ", "}{if null}NULL::{column_type}{else}t.{column}{end} AS {column}{end} FROM {table} AS t)
