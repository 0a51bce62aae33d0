"""The one error that hostile packets and descriptions produce, and the few reasons it has."""

from __future__ import annotations

from enum import StrEnum

from parlor.model.errors import WireError


class Reason(StrEnum):
    """Why something was refused. A metric has one series for each: the set stays small."""

    CUT_OFF = "cut_off"
    """It ends before what its own lengths announce."""
    LENGTH = "length"
    """A length that its kind cannot have, or that disagrees with another one."""
    TOO_BIG = "too_big"
    """Over a limit in bytes."""
    TOO_MANY = "too_many"
    """More parts than the limit allows."""
    VERSION = "version"
    """Another version, or another protocol altogether."""
    PADDING = "padding"
    VALUE = "value"
    """A field has a value that the standard does not allow there."""
    SYNTAX = "syntax"
    """A text that is not the grammar, or not UTF-8."""
    MISSING = "missing"
    """A part that must be there is not."""
    REPEATED = "repeated"
    """A part that may be there once is there again."""
    FORGED = "forged"
    """A checksum, a MAC or a fingerprint that does not fit."""


class Malformed(WireError):
    """The bytes are not what the protocol allows. Drop them, count them by `reason`.

    The message is for people and may quote numbers of the packet; it is never a label.
    """

    def __init__(self, reason: Reason, message: str = "") -> None:
        super().__init__(message or reason.value)
        self.reason = reason
