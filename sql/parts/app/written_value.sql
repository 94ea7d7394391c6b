-- A value of the file for a column. What gives a text does not become an enum by itself.
{include expression}{if enum}::{column_type}{end}
