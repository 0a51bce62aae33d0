import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.accounts.appearing import appear
from parlor.model.device import MAX_LABEL_CHARS, Appearance, Platform
from parlor.model.errors import BadRequest

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
EDGE = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/128.0.0.0 Safari/537.36 Edg/128.0.0.0"
)
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1"
)
ANDROID = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/128.0.0.0 Mobile Safari/537.36"
)


@pytest.mark.parametrize(
    ("user_agent", "platform", "label"),
    [
        (FIREFOX, Platform.WEB, "Firefox on Linux"),
        (EDGE, Platform.WEB, "Edge on Windows"),
        (PHONE, Platform.WEB, "Safari on iPhone"),
        (ANDROID, Platform.WEB, "Chrome on Android"),
        ("ParlorApp/3.1 (Android 14)", Platform.ANDROID, "ParlorApp"),
        ("ParlorApp/3.1 (iPhone; iOS 17)", Platform.IOS, "ParlorApp"),
        ("news-bot/1.0", Platform.BOT, "news-bot"),
        ("python-httpx/0.28.1", Platform.OTHER, "python-httpx"),
        ("", Platform.OTHER, ""),
    ],
)
def test_what_a_client_sends_as_user_agent_is_understood(user_agent, platform, label):
    assert appear(Appearance(user_agent=user_agent)) == (platform, label)


def test_what_a_client_says_outright_counts_more():
    said = Appearance(Platform.DESKTOP, "  Ann's\n desk ", FIREFOX)
    assert appear(said) == (Platform.DESKTOP, "Ann's desk")
    assert appear(Appearance(Platform.IOS)) == (Platform.IOS, "")


@pytest.mark.parametrize("label", ["x" * 65, "\x00", "a\u202eb", "\ud800", " \n"])
def test_a_label_that_cannot_be_shown_is_refused(label):
    with pytest.raises(BadRequest):
        appear(Appearance(label=label))


@given(st.text())
def test_a_short_printable_label_comes_out_of_anything(user_agent):
    platform, label = appear(Appearance(user_agent=user_agent))
    assert platform in Platform
    assert len(label) <= MAX_LABEL_CHARS
    assert label.isprintable()
