import pytest

from parlor.model.url import check_url


@pytest.mark.parametrize(
    "url",
    ["https://shop.example.org/k", "http://localhost:1/k", "http://127.0.0.1", "http://[::1]/"],
)
def test_what_nobody_on_the_way_can_change_is_taken(url):
    check_url("url", url)


@pytest.mark.parametrize(
    "url", ["", "http://shop.example.org", "ftp://localhost", "https://", "shop", "http://[", "//x"]
)
def test_everything_else_is_refused_by_the_name_of_its_setting(url):
    with pytest.raises(ValueError, match="jwks_url"):
        check_url("jwks_url", url)


@pytest.mark.parametrize("url", ["http://shop.example.org/k", "http://app:9000/hooks?x=1"])
def test_a_setting_may_take_what_can_be_read_on_the_way(url):
    check_url("urls", url, plain=True)
    with pytest.raises(ValueError, match="urls"):
        check_url("urls", url)


@pytest.mark.parametrize("url", ["", "ftp://x/", "https://", "app.example.org", "http://[::1/"])
def test_it_takes_nothing_else_for_that(url):
    with pytest.raises(ValueError, match="urls"):
        check_url("urls", url, plain=True)


@pytest.mark.parametrize("plain", [True, False])
def test_a_place_on_a_page_is_no_address_of_a_server(plain):
    with pytest.raises(ValueError, match="urls"):
        check_url("urls", "https://shop.example.org/k#part", plain=plain)
