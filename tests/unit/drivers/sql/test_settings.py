"""Which database the settings name, and what they may say of it."""

import msgspec
import pytest

from parlor.drivers.sql.settings import StorageSettings


def test_by_default_the_database_is_the_file_in_the_data_folder():
    assert StorageSettings().is_embedded


@pytest.mark.parametrize(
    "url", ["postgresql://ann:s3cret@h/d", "mysql://h/d", "mariadb://ann@h:3306/d?unix_socket=/s"]
)
def test_the_address_of_a_server_is_taken(url):
    assert not StorageSettings(url=url).is_embedded


@pytest.mark.parametrize(
    "url", ["", "sqlite:///x.db", "postgres://ann:s3cret@h/d", "postgresql:ann:s3cret", "mysql://"]
)
def test_anything_else_is_refused_without_being_repeated(url):
    with pytest.raises(ValueError, match="begins with") as refused:
        StorageSettings(url=url)
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize("name", [*StorageSettings.__struct_fields__[1:]])
def test_every_number_is_more_than_nothing(name):
    with pytest.raises(msgspec.ValidationError, match=name):
        msgspec.convert({name: 0}, StorageSettings)
