from parlor.gateway.settings import GatewaySettings
from parlor.model.close import CloseCode
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
