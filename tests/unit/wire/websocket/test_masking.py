from hypothesis import given
from hypothesis import strategies as st
from websockets.speedups import apply_mask as apply_mask_in_c

from parlor.wire.websocket.masking import apply_mask, apply_mask_in_python

keys = st.binary(min_size=4, max_size=4)


@given(st.binary(max_size=300), keys)
def test_masking_twice_gives_the_payload_back(payload, key):
    assert apply_mask(apply_mask(payload, key), key) == payload


@given(st.binary(max_size=300), keys)
def test_python_and_c_mask_alike(payload, key):
    assert apply_mask_in_python(payload, key) == apply_mask_in_c(payload, key)


def test_leading_zero_bytes_survive():
    assert apply_mask_in_python(b"abcd\0", b"abcd") == b"\0\0\0\0a"
