"""Log events on stderr: JSON lines, or readable on a terminal. Never an error text, nor a message about a row."""

import json
import logging
from typing import Any, TextIO

import stamina.instrumentation
import structlog
from structlog.typing import EventDict, FilteringBoundLogger

from sweeper.render import printable

# one encoder for all events: json.dumps with options of its own makes a new one for each
_encoder = json.JSONEncoder(default=repr)


def _encode(event: EventDict, **_: object) -> str:
    return _encoder.encode(event)


def configure(stream: TextIO, *, terminal: bool, colour: bool) -> FilteringBoundLogger:
    """Set up the log on ``stream``, readable for a ``terminal``, and give the logger."""
    rendering: list[Any] = (
        [_harmless, structlog.dev.ConsoleRenderer(colors=colour)]
        if terminal
        else [structlog.processors.JSONRenderer(serializer=_encode)]
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *rendering,
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


def _harmless(_logger: object, _method: str, event: EventDict) -> EventDict:
    return {key: printable(value) if isinstance(value, str) else value for key, value in event.items()}
