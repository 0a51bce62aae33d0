import pytest

from parlor.model.errors import WireError, registry
from parlor.wire.webrtc.malformed import Malformed, Reason


def test_a_refusal_is_the_error_of_hostile_bytes_with_one_of_a_few_reasons():
    with pytest.raises(WireError, match="an attribute of 7 bytes") as refused:
        raise Malformed(Reason.LENGTH, "an attribute of 7 bytes")
    assert isinstance(refused.value, Malformed)
    assert refused.value.reason is Reason.LENGTH
    assert refused.value.code == "malformed"
    assert registry()["malformed"] is WireError


def test_every_reason_can_be_a_label():
    assert all(reason.isidentifier() and len(reason) <= 12 for reason in Reason)
    assert str(Malformed(Reason.CUT_OFF)) == "cut_off"
