"""Results as documents, with their schemas."""
