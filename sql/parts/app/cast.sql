-- Casts a value to the type and the collation of the values that it is compared with.
::{type}{if collated}{collation}{end}
