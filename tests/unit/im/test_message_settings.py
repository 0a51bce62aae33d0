import msgspec
import pytest

from parlor.im.message_settings import MessageSettings

ZERO_IS_GOOD = {"recall_window_s", "edit_window_s", "max_edits", "max_pins", "job_retry_s"}


@pytest.mark.parametrize("name", MessageSettings.__struct_fields__)
def test_no_setting_is_less_than_it_can_be(name):
    least = 0 if name in ZERO_IS_GOOD else 1
    assert getattr(msgspec.convert({name: least}, MessageSettings), name) == least
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({name: least - 1}, MessageSettings)


def test_a_time_that_is_no_number_is_refused():
    with pytest.raises(ValueError, match="job_poll_s"):
        MessageSettings(job_poll_s=float("nan"))
