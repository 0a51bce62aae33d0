import msgspec
import pytest

from parlor.im.receipt_settings import ReceiptSettings
from parlor.im.receipts import Receipts
from parlor.model.errors import BadRequest, Forbidden, NoReceipts, NotFound, NotMember
from parlor.model.group import GroupSettings, Permission, Role
from parlor.model.receipt import Receipt
from tests.support.storage import ANN, BOB, CEM, DAN, NOWHERE
from tests.support.talk import open_talk


@pytest.fixture
async def talk(tmp_path):
    async with open_talk(tmp_path) as opened:
        yield opened


def receipts_over(talk, conversations=None, **settings):
    stores = talk.stores
    return Receipts(
        stores.deliveries,
        conversations or stores.conversations,
        stores.messages,
        msgspec.convert(settings, ReceiptSettings),
    )


async def test_everybody_in_a_conversation_sees_how_far_all_are(talk):
    direct = await talk.direct()
    seq = await talk.say(ANN, direct, "one")
    await talk.reading.set(BOB, direct, seq)
    listed = await receipts_over(talk).list(ANN, direct)
    assert listed[1] == Receipt(direct, BOB, seq, seq)
    assert await receipts_over(talk).list(BOB, direct) == listed


async def test_a_message_has_readers_without_its_sender(talk):
    group, receipts = await talk.group(ANN, BOB, CEM), receipts_over(talk)
    first, second = await talk.say(BOB, group, "one"), await talk.say(ANN, group, "two")
    await talk.reading.set(CEM, group, second)
    readers, cursor = await receipts.readers(ANN, group, first, "", 50)
    assert (readers.page, cursor) == (((ANN, False), (CEM, True)), "")
    assert (readers.read_count, readers.others_count) == (1, 2)


async def test_the_readers_come_in_pages(talk):
    group, receipts = await talk.group(ANN, BOB, CEM, DAN), receipts_over(talk, max_page=2)
    seq = await talk.say(ANN, group, "one")
    first, cursor = await receipts.readers(ANN, group, seq, "", 50)
    assert [user for user, _ in first.page] == [BOB, CEM]
    second, end = await receipts.readers(ANN, group, seq, cursor, 50)
    assert ([user for user, _ in second.page], end) == ([DAN], "")


async def test_strangers_learn_nothing(talk):
    direct, receipts = await talk.direct(), receipts_over(talk)
    for ask in (receipts.list(CEM, direct), receipts.readers(CEM, direct, 1, "", 5)):
        with pytest.raises(NotMember):
            await ask
    for ask in (receipts.list(CEM, NOWHERE), receipts.readers(CEM, NOWHERE, 1, "", 5)):
        with pytest.raises(NotFound):
            await ask


async def test_in_a_group_that_is_too_large_nobody_is_told(talk):
    receipts = receipts_over(talk, max_members=2)
    group = await talk.group(ANN, BOB, CEM)
    seq = await talk.say(ANN, group, "one")
    for ask in (receipts.list(ANN, group), receipts.readers(ANN, group, seq, "", 5)):
        with pytest.raises(NoReceipts):
            await ask
    small = await talk.group(ANN, BOB)
    assert len(await receipts.list(ANN, small)) == 2


@pytest.mark.parametrize("seq", [-1, 0, 1, 3, 2**60])
async def test_only_messages_have_readers(talk, seq):
    """1 is the event that made the conversation, 3 is to come."""
    direct = await talk.direct()
    await talk.say(ANN, direct, "one")
    with pytest.raises(BadRequest):
        await receipts_over(talk).readers(ANN, direct, seq, "", 5)


@pytest.mark.parametrize(("cursor", "limit"), [("9" * 33, 5), ("", 0)])
async def test_a_page_that_cannot_be_is_refused(talk, cursor, limit):
    direct = await talk.direct()
    seq = await talk.say(ANN, direct, "one")
    with pytest.raises(BadRequest):
        await receipts_over(talk).readers(ANN, direct, seq, cursor, limit)


class Altered:
    """The store, with other settings of every group and another view of its members."""

    def __init__(self, store, settings=None, **member):
        self._store = store
        self._settings = settings or GroupSettings()
        self._member = member

    async def get(self, id):
        found = await self._store.get(id)
        return msgspec.structs.replace(found, settings=self._settings)

    async def member(self, id, user):
        found = await self._store.member(id, user)
        return msgspec.structs.replace(found, **self._member)


async def test_where_members_do_not_see_each_other_only_administrators_ask(talk):
    group = await talk.group(ANN, BOB)
    hidden = GroupSettings(permissions={Permission.SEE_MEMBERS: Role.ADMINISTRATOR})
    receipts = receipts_over(talk, Altered(talk.stores.conversations, hidden))
    with pytest.raises(Forbidden):
        await receipts.list(BOB, group)
    assert len(await receipts.list(ANN, group)) == 2


async def test_a_message_from_before_ones_time_has_no_readers_to_show(talk):
    group = await talk.group(ANN, BOB)
    seq = await talk.say(ANN, group, "one")
    receipts = receipts_over(talk, Altered(talk.stores.conversations, history_from=seq + 1))
    with pytest.raises(BadRequest):
        await receipts.readers(BOB, group, seq, "", 5)
