import pytest

from parlor.accounts.key_settings import KeySettings
from parlor.model.account import Quota


@pytest.mark.parametrize(
    "wrong",
    [
        {"requests_per_second": 0},
        {"messages_per_second": -1},
        {"request_burst": 0},
        {"message_burst": 0},
        {"messages_per_day": -1},
        {"watch_s": 0},
        {"mark_used_s": 0},
        {"remembered": 0},
    ],
)
def test_settings_that_would_refuse_everything_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        KeySettings(**wrong)


def test_a_key_without_a_quota_of_its_own_has_that_of_the_settings():
    settings = KeySettings(messages_per_day=5)
    assert settings.quota(Quota()) == Quota(10_000.0, 20_000, 100_000.0, 200_000, 5)
    assert settings.quota(Quota(request_burst=7)).request_burst == 7
