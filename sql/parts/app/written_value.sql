-- The value of the file for a column. Text from an expression does not become an enum without a cast, while a literal
-- in a row of its own does.
{include expression}{if cast}::{column_type}{end}
