import pytest

from parlor.im.people_settings import PeopleSettings


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_contacts": -1},
        {"request_days": 0},
        {"max_page": 0},
        {"presence_window_s": 0.0},
        {"last_seen_each_s": 0.0},
        {"status_per_minute": 0},
        {"max_pictures_per_day": 0},
    ],
)
def test_settings_that_cannot_work_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        PeopleSettings(**wrong)
