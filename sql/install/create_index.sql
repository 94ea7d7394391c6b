-- Built beside the app's work, which goes on meanwhile, and outside any transaction.
CREATE {unique}INDEX {concurrently}{index_name} ON {table} ({key}){predicate};
