import pytest

from parlor.im.search_settings import SearchSettings


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_query_chars": 0},
        {"max_page_hits": 0},
        {"max_looks": 0},
        {"batch_conversations": 0},
        {"batch_events": 0},
        {"max_waiting": 0},
        {"share": 0.0},
        {"share": 1.1},
        {"collect_s": 0.0},
        {"look_through_s": -1.0},
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        SearchSettings(**wrong)
