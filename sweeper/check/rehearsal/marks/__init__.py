"""The item `marks`: whether the app itself would refund a session again that we have refunded."""
