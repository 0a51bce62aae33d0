from parlor.gateway.settings import GatewaySettings
from parlor.model.close import CloseCode
from parlor.wire.proxy import TrustedProxies
from tests.support.fake_socket import make_gateway


async def test_a_gateway_is_deserted_until_the_first_and_after_the_last_connection():
    gateway, _ = make_gateway()
    assert gateway.deserted.is_set()
    for _ in range(2):
        gateway.admit("198.51.100.1")
    gateway.release("198.51.100.1")
    assert not gateway.deserted.is_set()
    gateway.release("198.51.100.1")
    assert gateway.deserted.is_set()


async def test_a_draining_gateway_sends_everybody_away_until_later():
    gateway, _ = make_gateway(GatewaySettings())
    gateway.begin_drain(away_s=1.0)
    close = gateway.admit("198.51.100.1")
    assert close is not None
    assert close.code == CloseCode.DRAINING
    assert gateway.admission.total == 0
    assert 1.0 < close.after_s <= 2.0


async def test_other_settings_hold_for_new_connections_and_disturb_no_old_one():
    gateway, _ = make_gateway(GatewaySettings(max_connections=3, heartbeat_s=25.0))
    for _ in range(3):
        assert gateway.admit("198.51.100.1") is None
    trusted = TrustedProxies(["203.0.113.9"])
    gateway.apply(GatewaySettings(max_connections=2, heartbeat_s=5.0), trusted)
    refused = gateway.admit("198.51.100.2")
    assert refused is not None
    assert refused.code == CloseCode.OVERLOADED
    assert gateway.admission.total == 3
    assert gateway.longest_heartbeat_s == 25.0
    gateway.apply(GatewaySettings(max_connections_per_address=1, heartbeat_s=60.0), trusted)
    assert gateway.longest_heartbeat_s == 60.0
    # The proxy's own address is many people's from now on.
    assert [gateway.admit("203.0.113.9") for _ in range(2)] == [None, None]
