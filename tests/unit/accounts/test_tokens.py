import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.accounts.tokens import Kind, digest, mint
from tests.support.steady import CountedBytes


@pytest.mark.parametrize("kind", Kind)
def test_a_token_is_recognised_as_its_kind_and_no_other(kind):
    token = mint(kind, CountedBytes())
    assert [other for other in Kind if digest(other, token)] == [kind]


def test_two_tokens_have_two_hashes_of_32_bytes():
    entropy = CountedBytes()
    hashes = {digest(Kind.ACCESS, mint(Kind.ACCESS, entropy)) for _ in range(50)}
    assert len(hashes) == 50
    assert {len(each or b"") for each in hashes} == {32}


@given(st.text() | st.text().map(lambda rest: "plt_" + rest))
def test_any_text_is_a_token_or_nothing(text):
    assert digest(Kind.ACCESS, text) is None or len(text) == 47


@pytest.mark.parametrize(
    "bad", ["", "plt_", "plt_" + "é" * 43, "plt_" + "\ud800" * 43, "x" * 10**6]
)
def test_what_cannot_be_a_token_is_nothing(bad):
    assert digest(Kind.ACCESS, bad) is None
