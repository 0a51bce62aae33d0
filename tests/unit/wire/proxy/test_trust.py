import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.model.errors import WireError
from parlor.wire.proxy import Sender, TrustedProxies

PROXIES = TrustedProxies(["10.0.0.0/8", "::1"])


def sent(*headers: tuple[str, str], peer: str = "10.0.0.1", proxies: TrustedProxies = PROXIES):
    raw = [(name.encode(), value.encode()) for name, value in headers]
    return proxies.sender(peer, raw)


@pytest.mark.parametrize("peer", ["203.0.113.1", "2001:db8::1", "local", "", "11.0.0.1"])
def test_whoever_is_no_trusted_proxy_speaks_for_himself(peer):
    forged = [("x-forwarded-for", "127.0.0.1"), ("forwarded", "for=127.0.0.1"),
              ("x-real-ip", "127.0.0.1"), ("x-forwarded-proto", "https")]  # fmt: skip
    assert sent(*forged, peer=peer) == Sender(peer)


def test_without_trusted_proxies_nobody_is_one():
    assert sent(("x-forwarded-for", "203.0.113.9"), proxies=TrustedProxies()) == Sender("10.0.0.1")


def test_the_nearest_hop_that_is_no_proxy_is_the_client():
    chain = "127.0.0.1, 198.51.100.9, 203.0.113.5, 10.0.0.3, 10.0.0.2"
    assert sent(("X-Forwarded-For", chain)) == Sender("203.0.113.5")
    assert sent(("x-forwarded-for", chain), peer="::ffff:10.0.0.1") == Sender("203.0.113.5")
    assert sent(("x-forwarded-for", "127.0.0.1"), ("x-forwarded-for", "203.0.113.5")) == Sender(
        "203.0.113.5"
    )


def test_when_everybody_is_a_proxy_the_farthest_is_the_client():
    assert sent(("x-forwarded-for", "10.7.7.7, 10.0.0.2")) == Sender("10.7.7.7")
    assert sent(("x-real-ip", "10.7.7.7")) == Sender("10.7.7.7")


def test_what_a_client_wrote_before_its_address_is_not_even_read():
    garbage = ("forwarded", 'for="unfinished')
    assert sent(garbage, ("forwarded", "for=203.0.113.5")) == Sender("203.0.113.5")
    with pytest.raises(WireError):
        sent(("forwarded", 'for="unfinished, for=203.0.113.5'))


def test_forwarded_names_the_client_and_how_it_came():
    value = 'for="_spoof", for="[2001:db8::9]:4711";proto=https, for=10.0.0.2;proto=http'
    assert sent(("forwarded", value)) == Sender("2001:db8::9", "https")


def test_hidden_and_unknown_clients_are_no_address_that_anything_exempts():
    assert sent(("forwarded", "for=_abc, for=10.0.0.2")) == Sender("_abc")
    assert sent(("x-forwarded-for", "unknown")) == Sender("unknown")


def test_fields_that_agree_are_believed_and_fields_that_contradict_are_refused():
    agreeing = [("x-real-ip", "203.0.113.5"), ("x-forwarded-for", "1.1.1.1, 203.0.113.5"),
                ("forwarded", "for=203.0.113.5")]  # fmt: skip
    assert sent(*agreeing) == Sender("203.0.113.5")
    for forged in [("x-forwarded-for", "1.1.1.1"), ("forwarded", "for=1.1.1.1")]:
        with pytest.raises(WireError):
            sent(("x-real-ip", "203.0.113.5"), forged)
    with pytest.raises(WireError):
        sent(("x-real-ip", "203.0.113.5"), ("x-real-ip", "203.0.113.6"))


def test_an_inner_proxy_may_name_the_outer_one_in_x_real_ip():
    assert sent(("x-real-ip", "10.0.0.2"), ("x-forwarded-for", "203.0.113.5, 10.0.0.2")) == Sender(
        "203.0.113.5"
    )


def test_with_one_field_chosen_the_others_are_not_looked_at():
    proxies = TrustedProxies(["10.0.0.1"], "x-real-ip")
    headers = [("x-forwarded-for", "nonsense"), ("forwarded", "nonsense")]
    assert sent(*headers, proxies=proxies) == Sender("10.0.0.1")
    assert sent(*headers, ("x-real-ip", "203.0.113.5"), proxies=proxies) == Sender("203.0.113.5")
    chains = TrustedProxies(["10.0.0.1"], "x-forwarded-for")
    assert sent(("x-real-ip", "nonsense"), proxies=chains) == Sender("10.0.0.1")


@pytest.mark.parametrize(
    ("proto", "scheme"),
    [("https", "https"), ("HTTP", "http"), ("https, http", "http"), ("gopher", ""), ("", "")],
)
def test_the_scheme_is_the_peers_own_word(proto, scheme):
    assert sent(("x-forwarded-proto", proto)).scheme == scheme


@pytest.mark.parametrize("network", ["10.0.0.1/8", "proxy.example", "10.0.0.0/33", ""])
def test_what_is_no_network_cannot_be_trusted(network):
    with pytest.raises(ValueError):
        TrustedProxies([network])


ADDRESSES = st.ip_addresses(v=4).map(str)


@given(st.lists(ADDRESSES, max_size=5), ADDRESSES.filter(lambda a: not PROXIES.trusts(a)))
def test_nothing_a_client_sends_changes_who_it_is(claimed, client):
    chain = ", ".join([*claimed, client])
    assert sent(("x-forwarded-for", chain)) == Sender(client)
    nodes = ", ".join(f"for={address}" for address in [*claimed, client])
    assert sent(("forwarded", nodes)) == Sender(client)


@given(st.lists(st.tuples(
    st.sampled_from([b"x-forwarded-for", b"forwarded", b"x-real-ip", b"x-forwarded-proto"]),
    st.binary(max_size=60),
), max_size=4))  # fmt: skip
def test_any_fields_give_a_sender_or_one_error(headers):
    try:
        PROXIES.sender("10.0.0.1", headers)
    except WireError:
        return
