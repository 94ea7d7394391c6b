"""The only package that knows the driver: connections, transactions, retries, errors, statements as templates."""
