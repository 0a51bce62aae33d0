"""From what a client says of itself to the platform and the label in the list of devices.

Owns the guessing only; what a client says outright counts more. Pure. A User-Agent is hostile
text: whatever it is, a platform and a short printable label come out (RFC 9110 §10.1.5 promises
nothing of its form).
"""

from __future__ import annotations

import re

from parlor.model.device import MAX_LABEL_CHARS, Appearance, Platform, check_label

_LOOKED_AT_CHARS = 512
_SYSTEMS = (
    ("Android", "Android", Platform.ANDROID),
    ("iPhone", "iPhone", Platform.IOS),
    ("iPad", "iPad", Platform.IOS),
    ("Windows", "Windows", Platform.DESKTOP),
    ("Mac OS X", "Mac", Platform.DESKTOP),
    ("Macintosh", "Mac", Platform.DESKTOP),
    ("CrOS", "ChromeOS", Platform.DESKTOP),
    ("Linux", "Linux", Platform.DESKTOP),
)
_BROWSERS = (
    ("MicroMessenger/", "WeChat"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
"""The first that is there counts: each names those below it as well."""
_PRODUCT = re.compile(r"[A-Za-z0-9_.+-]{1,40}")


def appear(appearance: Appearance) -> tuple[Platform, str]:
    """(platform, label). Raises BadRequest for a label that the client gives and may not."""
    platform, label = _guess(appearance.user_agent[:_LOOKED_AT_CHARS])
    if appearance.label:
        label = check_label(appearance.label)
    return appearance.platform or platform, label


def _guess(user_agent: str) -> tuple[Platform, str]:
    system = next((row for row in _SYSTEMS if row[0] in user_agent), None)
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    if browser:
        return Platform.WEB, f"{browser} on {system[1]}" if system else browser
    product = _PRODUCT.match(user_agent)
    name = product[0][:MAX_LABEL_CHARS] if product else ""
    if "bot" in name.lower():
        return Platform.BOT, name
    return system[2] if system else Platform.OTHER, name or (system[1] if system else "")
