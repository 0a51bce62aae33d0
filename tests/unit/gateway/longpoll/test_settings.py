import pytest

from parlor.gateway.longpoll.settings import LongpollSettings


@pytest.mark.parametrize(
    "wrong",
    [
        {"poll_s": 0},
        {"comment_s": -1},
        {"reader_gap_s": 0},
        {"body_timeout_s": 0},
        {"max_body_bytes": 0},
        {"tail_bytes": 32_767},
    ],
)
def test_what_could_not_work_is_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        LongpollSettings(**wrong)
