"""What one may react with: a single emoji, as Unicode's grammar has it.

UTS #51 §1.4.9 ("possible emoji") decides by form and not by a list, so an emoji that is newer
than this program passes, and a word, a letter or a pile of marks does not.
"""

from __future__ import annotations

import re

from parlor.model.errors import BadEmoji

MAX_EMOJI_CHARS = 16
"""The longest recommended sequence (a family with skin tones) has 10."""

# Where emoji are and will be: the pictographs, and the symbols that were there before them.
_BASE = (
    "[\U0001f000-\U0001f1e5\U0001f200-\U0001f3fa\U0001f400-\U0001faff"
    "\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u21ff\u2300-\u23ff\u24c2\u25a0-\u27bf"
    "\u2900-\u297f\u2b00-\u2bff\u3030\u303d\u3297\u3299]"
)
_ELEMENT = f"{_BASE}(?:[\U0001f3fb-\U0001f3ff]|\ufe0f|[\U000e0020-\U000e007e]+\U000e007f)?"
_ONE = re.compile(
    f"(?:[\U0001f1e6-\U0001f1ff]{{2}}|[0-9#*]\ufe0f?\u20e3|{_ELEMENT}(?:\u200d{_ELEMENT})*)\\Z"
)


def check_emoji(raw: str) -> str:
    """One emoji, as it came. Raises BadEmoji for everything else."""
    if len(raw) > MAX_EMOJI_CHARS or not _ONE.match(raw):
        raise BadEmoji
    return raw
