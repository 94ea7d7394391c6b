-- Built beside the app's work, which goes on meanwhile, and outside any transaction.
CREATE {if unique}UNIQUE {end}INDEX {if concurrently}CONCURRENTLY {end}{index_name} ON {if only}ONLY {end}{table} ({key}){if partial} WHERE {predicate}{end};
