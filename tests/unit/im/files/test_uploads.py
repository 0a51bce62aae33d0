import asyncio
import hashlib

import pytest

from parlor.im.files.uploads import SETTLED_BYTES, WRITTEN_BYTES
from parlor.model.errors import (
    BadFileName,
    BadRequest,
    BodyTimedOut,
    EmptyFile,
    FileTooLarge,
    LimitReached,
    NotFound,
    Overloaded,
    QuotaFull,
    StorageFailed,
    UploadReplaced,
    WrongHash,
    WrongOffset,
)
from parlor.model.file import FileKind
from tests.support.filing import filing, pieces
from tests.support.storage import ANN, BOB

HELLO = b"hello"
HASH = hashlib.sha256(HELLO).hexdigest()


@pytest.fixture
def filed(tmp_path):
    return filing(tmp_path, part_stall_s=3_600)


async def begin(filed, size=5, **said):
    return (await filed.uploads.begin(ANN, "a.txt", size, **said)).id


async def put(filed, to, offset, *parts, user=ANN):
    return await filed.uploads.put(user, to, offset, pieces(*parts))


async def come_to(filed, to):
    upload, _ = await filed.uploads.look(ANN, to)
    return upload.offset


async def read(filed, user, to):
    readable = await filed.reading.file(user, to)
    return b"".join([piece async for piece in filed.reading.bytes(readable, 0, readable.size)])


class Link:
    """A client whose bytes come when the test says so."""

    def __init__(self):
        self._coming: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.asked = asyncio.Event()

    def send(self, data):
        self.asked.clear()
        self._coming.put_nowait(data)

    def break_off(self):
        self._coming.put_nowait(None)

    async def pieces(self):
        while True:
            if self._coming.empty():
                self.asked.set()
            data = await self._coming.get()
            if data is None:
                raise BadRequest("The connection ended before the body did.")
            yield data


async def test_a_file_comes_in_parts_of_any_size_and_is_whole(filed):
    to = await begin(filed, sha256=HASH)
    upload, none = await put(filed, to, 0, b"he", b"", b"l")
    assert (upload.offset, none) == (3, None)
    none, file = await put(filed, to, 3, b"lo")
    assert none is None
    assert (file.id, file.size, file.blob, file.type) == (to, 5, HASH, "application/octet-stream")
    assert await read(filed, ANN, to) == HELLO
    assert filed.stored() == [HASH]


async def test_a_part_may_come_again_and_overlap_what_is_there(filed):
    to = await begin(filed, sha256=HASH)
    await put(filed, to, 0, b"hel")
    assert (await put(filed, to, 0, b"hel"))[0].offset == 3
    assert (await put(filed, to, 1, b"e"))[0].offset == 3
    _, file = await put(filed, to, 0, b"h", b"ello")
    assert file.blob == HASH
    for offset, data in ((0, HELLO), (5, b""), (99, b"anything")):
        assert await put(filed, to, offset, data) == (None, file), "it is whole already"


async def test_nothing_is_left_out(filed):
    to = await begin(filed)
    with pytest.raises(WrongOffset, match="come to 0"):
        await put(filed, to, 2, b"llo")
    await put(filed, to, 0, b"he")
    with pytest.raises(WrongOffset, match="come to 2"):
        await put(filed, to, 3, b"lo")


async def test_a_link_that_breaks_leaves_what_came(filed):
    to, link = await begin(filed, sha256=HASH), Link()
    link.send(b"hell")
    link.break_off()
    with pytest.raises(BadRequest):
        await filed.uploads.put(ANN, to, 0, link.pieces())
    assert await come_to(filed, to) == 4
    assert (await put(filed, to, 4, b"o"))[1].blob == HASH


async def test_a_link_on_which_nothing_comes_is_given_up(tmp_path):
    filed = filing(tmp_path, part_stall_s=0.001)
    to, link = await begin(filed), Link()
    link.send(b"he")
    with pytest.raises(BodyTimedOut):
        await filed.uploads.put(ANN, to, 0, link.pieces())
    assert await come_to(filed, to) == 2
    assert len(filed.uploads.parts) == 0


async def test_a_newer_request_takes_over_from_a_dead_link(filed):
    to, link = await begin(filed, sha256=HASH), Link()
    link.send(b"hel")
    first = asyncio.create_task(filed.uploads.put(ANN, to, 0, link.pieces()))
    await link.asked.wait()
    _, file = await put(filed, to, 0, HELLO)
    assert file.blob == HASH
    with pytest.raises(UploadReplaced):
        await first
    assert len(filed.uploads.parts) == 0


async def test_of_many_requests_at_once_the_last_one_is_served(filed):
    to = await begin(filed, sha256=HASH)
    links = [Link() for _ in range(4)]
    tasks = [asyncio.create_task(filed.uploads.put(ANN, to, 0, one.pieces())) for one in links]
    await links[-1].asked.wait()
    links[-1].send(HELLO)
    links[-1].break_off()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(one) for one in outcomes[:-1]] == [UploadReplaced] * 3
    assert isinstance(outcomes[-1], BadRequest), "it was cut off, with everything there"
    assert (await put(filed, to, 5))[1].blob == HASH


async def test_a_wrong_hash_ends_the_upload(filed):
    to = await begin(filed, sha256=HASH)
    with pytest.raises(WrongHash):
        await put(filed, to, 0, b"jello")
    with pytest.raises(NotFound):
        await filed.uploads.look(ANN, to)
    assert filed.stored() == []
    assert filed.rows.blobs == {}


async def test_a_hash_may_be_in_capitals_and_must_be_one(filed):
    to = await begin(filed, sha256=HASH.upper())
    assert (await put(filed, to, 0, HELLO))[1].blob == HASH
    for wrong in ("x", HASH[:-1], HASH + "0", "g" * 64):
        with pytest.raises(BadRequest):
            await begin(filed, sha256=wrong)


async def test_more_than_was_said_is_refused_and_what_fitted_may_go_on(filed):
    to = await begin(filed, sha256=HASH)
    await put(filed, to, 0, b"he")
    with pytest.raises(FileTooLarge):
        await put(filed, to, 2, b"llo and more")
    assert await come_to(filed, to) == 2
    assert (await put(filed, to, 2, b"llo"))[1].blob == HASH


async def test_every_limit_has_its_own_refusal(tmp_path):
    filed = filing(
        tmp_path, max_file_bytes=100, max_picture_bytes=50, quota_bytes=150, max_uploads=3
    )
    with pytest.raises(EmptyFile):
        await begin(filed, 0)
    with pytest.raises(FileTooLarge):
        await begin(filed, 101)
    with pytest.raises(FileTooLarge):
        await begin(filed, 51, kind=FileKind.PICTURE)
    await begin(filed, 100)
    with pytest.raises(QuotaFull):
        await begin(filed, 51)
    await begin(filed, 49)
    await begin(filed, 1)
    with pytest.raises(LimitReached):
        await begin(filed, 1)
    await filed.uploads.begin(BOB, "b", 100)
    assert await filed.reading.room(ANN) == (150, 150)


@pytest.mark.parametrize(
    "name", ["", " ", "../../etc/passwd", "a\\b", "..", "a\x00b", "a\nb", "‮gpj.exe", "字" * 201]
)
async def test_a_name_that_could_be_a_path_or_hide_something_is_refused(filed, name):
    with pytest.raises(BadFileName):
        await filed.uploads.begin(ANN, name, 5)
    assert not filed.rows.uploads


async def test_nobody_else_sees_or_touches_an_upload(filed):
    to = await begin(filed)
    link = Link()
    mine = asyncio.create_task(filed.uploads.put(ANN, to, 0, link.pieces()))
    await link.asked.wait()
    for attempt in (
        filed.uploads.look(BOB, to),
        put(filed, to, 0, HELLO, user=BOB),
        filed.uploads.drop(BOB, to),
    ):
        with pytest.raises(NotFound):
            await attempt
    link.send(HELLO)
    link.break_off()
    with pytest.raises(BadRequest):
        await mine
    _, file = await put(filed, to, 5)
    with pytest.raises(NotFound):
        await filed.reading.file(BOB, file.id)


@pytest.mark.parametrize("to", ["", "x", "0" * 31, "../" * 11, "0" * 33, "\x00" * 32])
async def test_what_cannot_be_an_id_is_not_found(filed, to):
    with pytest.raises(NotFound):
        await filed.uploads.look(ANN, to)
    with pytest.raises(NotFound):
        await filed.reading.file(ANN, to)
    with pytest.raises(NotFound):
        await filed.reading.thumbnail(ANN, to)


async def test_so_many_parts_come_in_at_a_time(tmp_path):
    filed = filing(tmp_path, max_parts=1)
    first, second, link = await begin(filed), await begin(filed), Link()
    task = asyncio.create_task(filed.uploads.put(ANN, first, 0, link.pieces()))
    await link.asked.wait()
    with pytest.raises(Overloaded):
        await put(filed, second, 0, HELLO)
    link.break_off()
    with pytest.raises(BadRequest):
        await task
    await put(filed, second, 0, HELLO)


async def test_a_long_part_is_made_durable_on_the_way(filed):
    """What a crash costs is bounded, and so is what is held in memory."""
    to, link = await begin(filed, 2 * SETTLED_BYTES), Link()
    task = asyncio.create_task(filed.uploads.put(ANN, to, 0, link.pieces()))
    for _ in range(SETTLED_BYTES // WRITTEN_BYTES):
        link.send(bytes(WRITTEN_BYTES))
        await link.asked.wait()
    assert await come_to(filed, to) == SETTLED_BYTES
    link.break_off()
    with pytest.raises(BadRequest):
        await task


async def test_the_same_bytes_of_two_people_are_kept_once_and_counted_twice(filed):
    mine = await begin(filed)
    theirs = (await filed.uploads.begin(BOB, "b.txt", 5)).id
    await put(filed, mine, 0, HELLO)
    await put(filed, theirs, 0, HELLO, user=BOB)
    assert filed.stored() == [HASH]
    assert [(await filed.reading.room(who))[0] for who in (ANN, BOB)] == [5, 5]
    assert await read(filed, BOB, theirs) == HELLO
    with pytest.raises(NotFound):
        await filed.reading.file(BOB, mine)


async def test_knowing_a_hash_gives_nobody_the_file(filed):
    await put(filed, await begin(filed, sha256=HASH), 0, HELLO)
    upload = await filed.uploads.begin(BOB, "b.txt", 5, sha256=HASH)
    assert upload.offset == 0
    with pytest.raises(NotFound):
        await filed.reading.file(BOB, upload.id)


async def test_what_fails_while_the_file_is_made_is_tried_again(filed, tmp_path):
    to = await begin(filed, sha256=HASH)
    (tmp_path / "files").write_text("in the way")
    with pytest.raises(StorageFailed):
        await put(filed, to, 0, HELLO)
    assert await come_to(filed, to) == 5
    (tmp_path / "files").unlink()
    assert (await put(filed, to, 5))[1].blob == HASH


async def test_giving_up_frees_the_room(filed):
    to = await begin(filed)
    await put(filed, to, 0, b"he")
    await filed.uploads.drop(ANN, to)
    assert await filed.reading.room(ANN) == (0, 5_368_709_120)
    assert filed.stored() == []
    with pytest.raises(NotFound):
        await put(filed, to, 2, b"llo")


async def test_a_type_is_what_the_bytes_say(filed):
    for data, kind in (
        (b"%PDF-1.7", "application/pdf"),
        (b"<html><script>", "application/octet-stream"),
        (b"<svg onload=alert(1)>", "application/octet-stream"),
        (b"GIF89a/*<script>", "image/gif"),
    ):
        to = await begin(filed, len(data))
        _, file = await put(filed, to, 0, data)
        assert file.type == kind
        assert not (await filed.reading.file(ANN, to)).is_shown
