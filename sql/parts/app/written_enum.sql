-- A value for a column of an enum: what gives a text does not become one by itself.
{expression}::{column_type}
