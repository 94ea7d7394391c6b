"""Log events on stderr: JSON lines, or readable on a terminal. Never an error text, nor a message about a row."""

import logging
from typing import Any, TextIO

import stamina.instrumentation
import structlog
from structlog.typing import FilteringBoundLogger


def configure(stream: TextIO, *, colour: bool) -> FilteringBoundLogger:
    """Set up the log on ``stream``, and give the logger."""
    renderer: Any = (
        structlog.dev.ConsoleRenderer(colors=colour) if stream.isatty() else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )
    logger: FilteringBoundLogger = structlog.get_logger().bind()

    def tell(details: stamina.instrumentation.RetryDetails) -> None:
        # without the cause: a driver's message may repeat the host, the role and parts of the row
        logger.warning("retrying", attempt=details.retry_num, wait_seconds=round(details.wait_for, 3))

    stamina.instrumentation.set_on_retry_hooks([tell])
    return logger
