import msgspec
import pytest

from parlor.api.routes.bounds import MAX_NUMBER, Position


def test_every_position_fits_a_javascript_number():
    assert float(MAX_NUMBER) == MAX_NUMBER
    assert float(MAX_NUMBER + 2) != MAX_NUMBER + 2
    assert msgspec.convert(MAX_NUMBER, Position) == MAX_NUMBER


@pytest.mark.parametrize("wrong", [-1, MAX_NUMBER + 1, 10**300, 0.5, "x", True])
def test_what_is_no_position_is_refused(wrong):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(wrong, Position)
