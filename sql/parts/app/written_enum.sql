-- A value for an enum column: an expression of type text needs a cast.
{expression}::{column_type}
