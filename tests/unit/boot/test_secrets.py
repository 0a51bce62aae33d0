import pytest

from parlor.boot.folder import FolderError, open_folder, owning
from parlor.boot.secrets import FILE_NAME, load_secrets


def test_secrets_are_made_once_and_found_again(tmp_path):
    first = load_secrets(tmp_path, new_history=True)
    assert load_secrets(tmp_path, new_history=False) == first
    assert len(first.turn_secret) >= 32
    assert len(first.resume_secret) >= 32
    assert first.resume_secret != first.turn_secret


def test_a_folder_of_the_first_version_gets_what_it_lacks_and_keeps_the_rest(tmp_path):
    (tmp_path / FILE_NAME).write_text('turn_secret = "t"\nepoch = "e"\n')
    found = load_secrets(tmp_path, new_history=False)
    assert (found.turn_secret, found.epoch) == ("t", "e")
    assert len(found.resume_secret) >= 32
    assert load_secrets(tmp_path, new_history=False) == found


def test_two_folders_never_share_a_secret(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    a = load_secrets(tmp_path / "a", new_history=True)
    b = load_secrets(tmp_path / "b", new_history=True)
    assert a.turn_secret != b.turn_secret
    assert a.epoch != b.epoch


def test_a_new_database_in_an_old_folder_has_a_new_epoch_and_the_same_secret(tmp_path):
    first = load_secrets(tmp_path, new_history=True)
    second = load_secrets(tmp_path, new_history=True)
    assert second.epoch != first.epoch
    assert second.turn_secret == first.turn_secret
    assert second.resume_secret != first.resume_secret
    assert load_secrets(tmp_path, new_history=False) == second


def test_only_the_owner_may_read_them(tmp_path):
    load_secrets(tmp_path, new_history=True)
    assert (tmp_path / FILE_NAME).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ['epoch = "x"\n', "not toml", '"\x00'])
def test_a_foreign_file_is_refused_and_left_alone(tmp_path, text):
    (tmp_path / FILE_NAME).write_text(text)
    with pytest.raises(FolderError, match=r"secrets\.toml"):
        load_secrets(tmp_path, new_history=False)
    assert (tmp_path / FILE_NAME).read_text() == text


def test_a_folder_serves_one_server_at_a_time(tmp_path):
    folder = open_folder(tmp_path / "data")
    with owning(folder), pytest.raises(FolderError, match="in use"), owning(folder):
        raise AssertionError("two owners")
    with owning(folder):
        pass


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FolderError, match="file"):
        open_folder(tmp_path / "file" / "data")
