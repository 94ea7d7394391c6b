"""A safety net for apps that sell work for credits: each failed or stuck session refunded exactly once."""

__version__ = "0.1.0"
