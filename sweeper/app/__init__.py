"""The app's tables and columns: what the file names, compared with the catalog, as slots of statements."""
