-- Compares two nulls of a type: an error where the type has no such operator.
NULL::{type} {equal} NULL::{type}
