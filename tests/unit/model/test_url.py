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
