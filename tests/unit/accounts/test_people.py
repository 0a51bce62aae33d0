import pytest

from parlor.model.errors import BadDisplayName, BadRequest, NotFound
from parlor.model.ids import UserId
from tests.support.door import open_door
from tests.support.storage import NOBODY


@pytest.fixture
async def door(tmp_path):
    async with open_door(tmp_path) as opened:
        for name in ("cem", "ann", "bob"):
            await opened.sign_up(name)
        yield opened


async def test_pages_hold_everybody_once_and_the_last_has_no_cursor(door):
    first, cursor = await door.people.find("", "", 2)
    rest, end = await door.people.find("", cursor, 2)
    assert [user.name for user in [*first, *rest]] == ["ann", "bob", "cem"]
    assert (cursor, end) == ("bob", "")
    assert (await door.people.find("", "", 3))[1] == ""


@pytest.mark.parametrize("query", ["x" * 65, "\ud800", "nobody", "%"])
async def test_a_query_that_fits_nobody_finds_nobody(door, query):
    found, cursor = await door.people.find(query, "", 10)
    assert (list(found), cursor) == ([], "")


async def test_a_cursor_that_is_no_text_finds_nobody(door):
    assert (await door.people.find("", "\ud800", 10))[1] == ""


async def test_a_page_has_at_least_one_entry(door):
    with pytest.raises(BadRequest):
        await door.people.find("", "", 0)


async def test_somebody_who_does_not_exist_is_not_found(door):
    for nobody in (NOBODY, UserId("x"), UserId("\ud800")):
        with pytest.raises(NotFound):
            await door.people.user(nobody)
        assert list(await door.people.users([nobody])) == []


async def test_no_more_than_a_hundred_are_asked_for_at_once(door):
    with pytest.raises(BadRequest):
        await door.people.users([NOBODY] * 101)


async def test_a_new_display_name_is_checked_and_seen(door):
    (ann,), _ = await door.people.find("ann", "", 1)
    assert (await door.people.rename(ann.id, " 安 ")).display_name == "安"
    assert (await door.people.user(ann.id)).display_name == "安"
    for bad in ("", "a\u202eb", "\x00"):
        with pytest.raises(BadDisplayName):
            await door.people.rename(ann.id, bad)
