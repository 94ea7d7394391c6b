-- Creates an index while the app goes on working, and outside any transaction.
CREATE {if unique}UNIQUE {end}INDEX {if concurrently}CONCURRENTLY {end}{index_name} ON {if only}ONLY {end}{table} ({key}){if partial} WHERE {predicate}{end};
