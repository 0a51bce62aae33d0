import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.drivers.sql.numbers import number_of


@given(st.integers(1, 2**53 - 1))
def test_every_number_of_53_bits_has_one_name(number):
    assert number_of(str(number)) == number


@given(st.text())
def test_any_text_is_a_number_in_its_canonical_form_or_none(id):
    number = number_of(id)
    assert number is None or str(number) == id


@pytest.mark.parametrize("id", [str(2**53), "0", "01", "+1", "1 ", "٣", "²", ""])
def test_what_is_not_canonical_names_nothing(id):
    assert number_of(id) is None
