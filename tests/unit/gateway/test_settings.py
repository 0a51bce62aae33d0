import msgspec
import pytest

from parlor.gateway.settings import GatewaySettings


def test_settings_reach_the_limits_they_name():
    settings = GatewaySettings(
        max_connections=5,
        max_connections_per_address=2,
        outbox_frames=3,
        outbox_bytes=100,
        max_in_flight=4,
        hello_timeout_s=1.5,
    )
    assert (settings.outbox().max_frames, settings.outbox().max_bytes) == (3, 100)
    assert (settings.session().max_in_flight, settings.session().hello_timeout_s) == (4, 1.5)
    limits = settings.connections(limit_loopback=True)
    assert (limits.total, limits.per_address, limits.limit_loopback) == (5, 2, True)


@pytest.mark.parametrize("given", [{"max_connections_per_user": 0}, {"token_grace_s": -1.0}])
def test_a_limit_that_would_limit_nothing_is_refused(given):
    with pytest.raises(ValueError, match=next(iter(given))):
        GatewaySettings(**given)


@pytest.mark.parametrize(
    "wrong",
    [
        {"compression_window_bits": 8},
        {"compression_window_bits": 16},
        {"compression_level": 0},
        {"compression_level": 10},
        {"compression_min_bytes": -1},
    ],
)
def test_what_zlib_does_not_have_is_refused(wrong):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(wrong, GatewaySettings)
