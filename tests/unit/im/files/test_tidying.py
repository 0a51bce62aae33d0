import pytest

from parlor.model.errors import NotFound
from tests.support.filing import filing, pieces
from tests.support.storage import ANN, BOB

DAY_S = 86_400


async def stored(filed, data, user=ANN):
    upload = await filed.uploads.begin(user, "a.bin", len(data))
    _, file = await filed.uploads.put(user, upload.id, 0, pieces(data))
    return file


async def test_an_upload_is_forgotten_when_nothing_more_comes(tmp_path):
    filed = filing(tmp_path, upload_kept_s=DAY_S)
    upload = await filed.uploads.begin(ANN, "a.bin", 5)
    filed.clock.at += DAY_S - 1
    await filed.uploads.put(ANN, upload.id, 0, pieces(b"he"))
    filed.clock.at += DAY_S - 1
    await filed.tidying.tidy()
    assert filed.rows.uploads[upload.id].offset == 2
    filed.clock.at += 1
    await filed.tidying.tidy()
    with pytest.raises(NotFound):
        await filed.uploads.look(ANN, upload.id)
    assert filed.stored() == []
    assert await filed.rows.used_bytes(ANN) == 0


async def test_a_file_of_no_message_goes_with_its_bytes_and_one_of_a_message_stays(tmp_path):
    filed = filing(tmp_path, unused_kept_s=DAY_S)
    spare, used = await stored(filed, b"spare"), await stored(filed, b"used")
    filed.rows.readers[used.id] = {BOB}
    filed.clock.at += DAY_S
    await filed.tidying.tidy()
    assert filed.stored() == sorted([spare.blob, used.blob])
    filed.clock.at += 1
    await filed.tidying.tidy()
    assert filed.stored() == [used.blob]
    assert {*filed.rows.blobs} == {used.blob}
    filed.rows.readers[used.id].clear()
    await filed.tidying.tidy()
    assert filed.stored() == []
    assert filed.rows.blobs == {}


async def test_bytes_that_another_file_has_too_stay(tmp_path):
    filed = filing(tmp_path, unused_kept_s=DAY_S)
    await stored(filed, b"same")
    kept = await stored(filed, b"same", BOB)
    filed.rows.readers[kept.id] = {ANN}
    filed.clock.at += DAY_S + 1
    await filed.tidying.tidy()
    assert [*filed.rows.files] == [kept.id]
    assert filed.stored() == [kept.blob]


async def test_what_died_between_two_steps_of_making_a_file_is_cleared_away(tmp_path):
    filed = filing(tmp_path, unused_kept_s=DAY_S, upload_kept_s=DAY_S)
    upload = await filed.uploads.begin(ANN, "a.bin", 5)
    await filed.staging.write(upload.id, 0, b"hello")
    name = await filed.staging.digest(filed.staging.place(upload.id))
    await filed.rows.claim([name], filed.clock.unix_ms())
    await filed.blobs.keep(name, filed.staging.place(upload.id))
    filed.clock.at += DAY_S + 1
    await filed.tidying.tidy()
    assert filed.stored() == []
    assert filed.rows.blobs == {}
