"""The mapping file: read, validated, described."""
