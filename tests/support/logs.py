"""Logging as it was before a test that sets it up."""

import logging
from collections.abc import Iterator

import structlog


def kept_logs() -> Iterator[None]:
    """The body of a fixture."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)
