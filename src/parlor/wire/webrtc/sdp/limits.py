"""How large a description may be before it is refused, in numbers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SdpLimits:
    """Chromium's offer of five sections with all its codecs is 14 kB, 420 lines and 23 codecs;
    its answer to 100 forwarded tracks about 100 kB. Whoever crosses a limit is no browser.
    """

    max_bytes: int = 262_144
    """Of the whole text, in UTF-8."""
    max_lines: int = 8_192
    max_line_chars: int = 2_048
    """Without the line break. Candidates and parameters of H264 with their sets take 500."""
    max_media: int = 128
    """`m=` sections, rejected ones included."""
    max_attributes: int = 512
    """`a=` lines in one section, and in the part before the first one."""
    max_codecs: int = 64
    """Payload types in one section."""
    max_feedback: int = 16
    """Kinds of feedback for one codec, those for all (`*`) included."""
    max_extensions: int = 32
    """Header extensions in one section."""
    max_candidates: int = 64
    max_fingerprints: int = 4
    max_ssrcs: int = 64
    max_rids: int = 8
    """Layers of simulcast, in one section and direction or as alternatives of each other."""


DEFAULT_LIMITS = SdpLimits()
