-- The status of a session row, s: the operators of an enum do not take a domain over it.
s.{status_column}{if domain}::{status_type}{end}
