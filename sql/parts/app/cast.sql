-- The cast that lets a value be compared with others: to their type, and by their collation.
::{type}{if collated}{collation}{end}
