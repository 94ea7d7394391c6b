-- Whether two values of a type can be compared.
NULL::{type} {equal} NULL::{type}
