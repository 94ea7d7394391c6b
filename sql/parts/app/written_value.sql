-- A value of the file for a column. What gives a text does not become an enum by itself, and a literal in a row of its own is one.
{include expression}{if cast}::{column_type}{end}
