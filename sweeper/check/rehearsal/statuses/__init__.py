"""The item `statuses`: statuses in the wrong list."""
