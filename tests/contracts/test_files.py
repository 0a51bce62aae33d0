"""The promises of `ports.uploads` and `ports.files`, in every driver, and who may read a file."""

import asyncio

import msgspec
import pytest

from parlor.drivers.sql.file_tables import file_uses
from parlor.drivers.sql.files import SqlBlobRows, SqlFiles
from parlor.drivers.sql.uploads import SqlUploads
from parlor.model.conversation import ConversationKind
from parlor.model.errors import LimitReached, NotFound, QuotaFull, StorageFailed
from parlor.model.event import Draft, EventKind, Forwarded
from parlor.model.file import AttachedFile, FileKind, StoredFile, Upload
from parlor.model.group import GroupSettings, Visible
from parlor.model.ids import BlobName, ConversationId, FileId
from parlor.model.standing import Act
from tests.support.memory_files import MemoryFiles
from tests.support.storage import ANN, BOB, CEM, STORES, TALK

NOW = 1_800_000_000_000
GROUP = ConversationId(str(2**52 + 2_000))


def upload(number, owner=ANN, size=10, **fields):
    made = Upload(
        FileId(f"{number:032x}"), owner, FileKind.FILE, "报告 👋.pdf", size, "", 0, NOW + 100
    )
    return msgspec.structs.replace(made, **fields)


def file(number, owner=ANN, size=10, **fields):
    made = StoredFile(
        FileId(f"{number:032x}"),
        owner,
        FileKind.FILE,
        "报告 👋.pdf",
        size,
        "application/pdf",
        blob(number),
        NOW,
    )
    return msgspec.structs.replace(made, **fields)


def blob(number):
    return BlobName(f"{number:064x}")


@pytest.fixture(params=["memory", *sorted(STORES)])
async def rows(request, tmp_path):
    """(uploads, files, blob rows)."""
    if request.param == "memory":
        memory = MemoryFiles()
        yield memory, memory, memory
        return
    async with STORES[request.param](tmp_path) as stores:
        await stores.add_people(ANN, BOB, CEM)
        database = stores.database
        yield SqlUploads(database), SqlFiles(database), SqlBlobRows(database)


@pytest.fixture(params=sorted(STORES))
async def stores(request, tmp_path):
    async with STORES[request.param](tmp_path) as opened:
        await opened.add_people(ANN, BOB, CEM)
        await opened.add_talk()
        yield opened


async def put(uploads, blob_rows, stored):
    await uploads.begin(upload(0, stored.owner, stored.size, id=stored.id), 1_000, 100)
    await blob_rows.claim([BlobName(n) for n in (stored.blob, stored.thumbnail) if n], NOW)
    await uploads.finish(stored)


async def test_an_upload_is_remembered_until_it_is_a_file(rows):
    uploads, files, blob_rows = rows
    await uploads.begin(upload(1, sha256="a" * 64), 1_000, 10)
    assert await uploads.get(FileId(f"{1:032x}")) == upload(1, sha256="a" * 64)
    await uploads.advance(FileId(f"{1:032x}"), 7, NOW + 200)
    await uploads.advance(FileId(f"{1:032x}"), 3, NOW + 300)
    found = await uploads.get(FileId(f"{1:032x}"))
    assert (found.offset, found.expires_at) == (7, NOW + 200)
    picture = file(
        1, kind=FileKind.PICTURE, width=3, height=2, preview="UklGRg==", thumbnail=blob(2),
        thumbnail_size=4,
    )  # fmt: skip
    await blob_rows.claim([blob(1), blob(2)], NOW)
    await uploads.finish(picture)
    assert await uploads.get(picture.id) is None
    assert await files.own(ANN, picture.id) == picture
    assert await files.own(BOB, picture.id) is None
    with pytest.raises(NotFound):
        await uploads.finish(picture)


async def test_room_counts_what_is_there_and_what_is_coming(rows):
    uploads, files, blob_rows = rows
    await put(uploads, blob_rows, file(1, size=60))
    await uploads.begin(upload(2, size=30), 100, 10)
    with pytest.raises(QuotaFull):
        await uploads.begin(upload(3, size=11), 100, 10)
    await uploads.begin(upload(4, size=10), 100, 10)
    await uploads.begin(upload(5, BOB, size=100), 100, 10)
    assert [await files.used_bytes(who) for who in (ANN, BOB, CEM)] == [100, 100, 0]
    await uploads.drop(upload(2).id)
    assert await files.used_bytes(ANN) == 70


async def test_uploads_begun_at_once_stay_within_the_quota_and_the_number(rows):
    uploads, files, _ = rows
    begun = [uploads.begin(upload(n), 1_000, 3) for n in range(8)]
    outcomes = await asyncio.gather(*begun, return_exceptions=True)
    assert [type(one) for one in outcomes if one is not None] == [LimitReached] * 5
    begun = [uploads.begin(upload(20 + n, BOB), 35, 100) for n in range(8)]
    outcomes = await asyncio.gather(*begun, return_exceptions=True)
    assert [type(one) for one in outcomes if one is not None] == [QuotaFull] * 5
    assert await files.used_bytes(BOB) == 30


async def test_uploads_that_nobody_goes_on_with_are_found(rows):
    uploads, _, _ = rows
    for number in range(1, 4):
        await uploads.begin(upload(number, expires_at=NOW + number), 1_000, 10)
    assert await uploads.expired(NOW, 10) == []
    assert await uploads.expired(NOW + 2, 10) == [upload(1).id, upload(2).id]
    assert len(await uploads.expired(NOW + 9, 2)) == 2


async def test_a_file_is_made_of_claimed_blobs_only(rows):
    uploads, _, blob_rows = rows
    await uploads.begin(upload(1), 1_000, 10)
    with pytest.raises(StorageFailed):
        await uploads.finish(file(1))
    await blob_rows.claim([blob(1)], NOW)
    assert await blob_rows.doom(NOW + 1, 10) == [blob(1)]
    with pytest.raises(StorageFailed):
        await uploads.finish(file(1))
    with pytest.raises(StorageFailed):
        await blob_rows.claim([blob(1)], NOW + 1)
    await blob_rows.forget([blob(1)])
    await blob_rows.claim([blob(1)], NOW + 2)
    await uploads.finish(file(1))


async def test_bytes_go_when_the_last_file_made_of_them_is_gone(rows):
    uploads, files, blob_rows = rows
    await put(uploads, blob_rows, file(1, thumbnail=blob(9)))
    await put(uploads, blob_rows, file(2, BOB, blob=blob(1), stored_at=NOW + 10))
    assert await blob_rows.doom(NOW + 100, 10) == []
    assert await files.drop_unused(NOW + 5, 10) == 1
    assert await blob_rows.doom(NOW + 100, 10) == [blob(9)]
    await blob_rows.forget([blob(9), blob(1)])
    assert await files.own(BOB, file(2).id) is not None
    assert await files.drop_unused(NOW + 11, 10) == 1
    # One that was just claimed is for a file that will be there in a moment.
    assert await blob_rows.doom(NOW, 10) == []
    assert await blob_rows.doom(NOW + 100, 10) == [blob(1)]
    assert await blob_rows.doom(NOW + 100, 10) == [blob(1)], "until it is forgotten"


async def keep(stores, *kept):
    database = stores.database
    for one in kept:
        await put(SqlUploads(database), SqlBlobRows(database), one)
    return SqlFiles(database)


def draft(number, talk=TALK, sender=ANN, **fields):
    attached = AttachedFile(file(number).id, "a lie", 1, "text/html")
    made = Draft(talk, EventKind.MESSAGE, sender, client_id=f"m{number}", file=attached)
    return msgspec.structs.replace(made, **fields)


async def test_a_message_says_what_the_store_knows_of_its_file(stores):
    await keep(stores, file(1, width=4, height=3, preview="x"))
    event, created = await stores.messages.append(draft(1, text="look"), NOW)
    assert created
    assert event.file == AttachedFile(file(1).id, "报告 👋.pdf", 10, "application/pdf", 4, 3, "x")
    (_, read), _ = await stores.messages.events(TALK, 0, None, 10)
    assert read == event
    assert await stores.messages.append(draft(1, text="look"), NOW) == (event, False)


async def test_a_message_that_is_only_a_file_is_unread(stores):
    await keep(stores, file(1), file(2))
    first, _ = await stores.messages.append(draft(1), NOW)
    await stores.messages.append(draft(2, reply_to=first.seq), NOW)
    assert (await stores.conversations.view(TALK, BOB)).unread == 2
    act = Act(TALK, ANN, "r", (), first.seq, kind=EventKind.RECALL)
    recall = Draft(TALK, EventKind.RECALL, ANN, client_id="r", target=first.seq)
    await stores.messages.act(act, lambda _: recall, NOW)
    assert (await stores.conversations.view(TALK, BOB)).unread == 1


async def test_only_ones_own_file_can_be_sent(stores):
    await keep(stores, file(1, BOB))
    for number in (1, 2):
        with pytest.raises(NotFound):
            await stores.messages.append(draft(number), NOW)
    assert await stores.texts() == []


async def test_messages_with_and_without_files_that_wait_together_are_all_stored(stores):
    await keep(stores, file(1), file(2))
    plain = Draft(TALK, EventKind.MESSAGE, ANN, client_id="plain", text="plain")
    outcomes = await asyncio.gather(
        *(stores.messages.append(one, NOW) for one in (draft(1), plain, draft(3), draft(2))),
        return_exceptions=True,
    )
    stored = [outcome[0] for outcome in outcomes if isinstance(outcome, tuple)]
    assert [event.file and event.file.id for event in stored] == [file(1).id, None, file(2).id]
    assert isinstance(outcomes[2], NotFound)
    assert (await stores.rows())["file_uses"] == 2


async def test_a_file_is_read_by_those_who_can_read_a_message_with_it(stores):
    files = await keep(stores, file(1))
    assert await files.readable(ANN, file(1).id, NOW) == file(1)
    assert await files.readable(BOB, file(1).id, NOW) is None
    await stores.messages.append(draft(1), NOW)
    assert await files.readable(BOB, file(1).id, NOW) == file(1)
    assert await files.readable(CEM, file(1).id, NOW) is None


async def test_what_is_recalled_takes_its_file_along(stores):
    files = await keep(stores, file(1))
    event, _ = await stores.messages.append(draft(1), NOW)
    act = Act(TALK, ANN, "r", (), event.seq, kind=EventKind.RECALL)
    recall = Draft(TALK, EventKind.RECALL, ANN, client_id="r", target=event.seq)
    await stores.messages.act(act, lambda _: recall, NOW)
    assert await files.readable(BOB, file(1).id, NOW) is None
    (_, gone, _), _ = await stores.messages.events(TALK, 0, None, 10)
    assert gone.file is None
    assert await files.drop_unused(NOW + 1, 10) == 1
    assert await stores.messages.append(draft(1), NOW) == (gone, False), "it was sent before"


async def test_what_has_expired_takes_its_file_along_at_once(stores):
    files = await keep(stores, file(1))
    await stores.messages.append(draft(1, expires_at=NOW + 50), NOW)
    assert await files.readable(BOB, file(1).id, NOW + 49) is not None
    assert await files.readable(BOB, file(1).id, NOW + 50) is None
    assert await stores.states.expire(NOW + 50, 10) == 1
    assert (await stores.rows())["file_uses"] == 0


async def test_what_is_no_longer_kept_takes_its_file_along(stores):
    files = await keep(stores, file(1))
    await stores.messages.append(draft(1), NOW)
    await stores.say("later", at_ms=NOW + 10)
    await stores.retention.trim(NOW + 5, None, 100)
    assert await files.readable(BOB, file(1).id, NOW) is None
    assert await files.drop_unused(NOW + 1, 10) == 1


async def test_who_comes_later_reads_only_what_they_can_see_and_who_leaves_nothing(stores):
    files = await keep(stores, file(1), file(2))
    await stores.add_talk(GROUP, (ANN, BOB), ConversationKind.GROUP)
    secretive = GroupSettings(history=Visible.SINCE_JOINED)
    settings = Draft(GROUP, EventKind.SETTINGS, ANN, client_id="s", settings=secretive)
    act = Act(GROUP, ANN, "s", (), kind=EventKind.SETTINGS)
    await stores.messages.act(act, lambda _: settings, NOW)
    await stores.messages.append(draft(1, GROUP), NOW)
    joined = Draft(GROUP, EventKind.JOINED, ANN, client_id="j", members=(CEM,))
    act = Act(GROUP, ANN, "j", (CEM,), kind=EventKind.JOINED)
    await stores.messages.act(act, lambda _: joined, NOW)
    await stores.messages.append(draft(2, GROUP), NOW)
    assert (await stores.conversations.member(GROUP, CEM)).history_from > 2
    assert await files.readable(CEM, file(1).id, NOW) is None
    assert await files.readable(CEM, file(2).id, NOW) is not None
    left = Draft(GROUP, EventKind.LEFT, CEM, client_id="l", members=(CEM,))
    act = Act(GROUP, CEM, "l", (CEM,), kind=EventKind.LEFT)
    await stores.messages.act(act, lambda _: left, NOW)
    assert await files.readable(CEM, file(2).id, NOW) is None


async def test_a_file_that_was_passed_on_is_read_there_too(stores):
    files = await keep(stores, file(1), file(2, BOB))
    await stores.add_talk(GROUP, (BOB, CEM), ConversationKind.GROUP)
    origin = Forwarded(ANN, NOW)
    await stores.messages.append(draft(1, GROUP, BOB, forwarded=origin), NOW)
    merged = tuple(
        Forwarded(who, NOW, "", AttachedFile(file(n).id, "", 0, ""))
        for who, n in ((ANN, 1), (BOB, 2))
    )
    bundle = draft(9, GROUP, BOB, file=None, text="both", merged=merged)
    event, _ = await stores.messages.append(bundle, NOW)
    assert [one.file.name for one in event.merged] == ["报告 👋.pdf"] * 2
    assert [await files.readable(CEM, file(n).id, NOW) is not None for n in (1, 2)] == [True] * 2
    assert await files.drop_unused(NOW + 1, 10) == 0


async def test_a_file_that_is_being_sent_is_not_dropped(stores):
    files = await keep(stores, *(file(n) for n in range(1, 9)))
    outcomes = await asyncio.gather(
        *(stores.messages.append(draft(n), NOW) for n in range(1, 9)),
        *(files.drop_unused(NOW + 1, 10) for _ in range(3)),
        return_exceptions=True,
    )
    sent = [one[0] for one in outcomes if isinstance(one, tuple)]
    assert all(isinstance(one, (tuple, int, NotFound)) for one in outcomes), outcomes
    for event in sent:
        assert await files.readable(BOB, event.file.id, NOW) is not None


async def test_messages_without_files_touch_no_table_of_files(stores):
    await stores.say("hello")
    assert (await stores.rows())[file_uses.name] == 0
