-- The status of a session row, s, as its base type: the operators of an enum do not accept a domain over it.
s.{status_column}{if domain}::{status_type}{end}
