"""What every driver of `ports.deliveries.Deliveries` promises."""

import msgspec
import pytest
from sqlalchemy import insert

from parlor.drivers.sql.deliveries import MOST_DEVICES
from parlor.drivers.sql.profiles import SqlProfiles
from parlor.drivers.sql.tables import sessions
from parlor.model.conversation import ConversationKind
from parlor.model.ids import ConversationId, DeviceId, UserId
from parlor.model.people import Privacy
from parlor.model.receipt import Delivered, Receipt
from parlor.ports.deliveries import Readers, Told
from tests.support.storage import ANN, BOB, CEM, DAN, NOWHERE, STORES, TALK

GROUP = ConversationId(str(int(TALK) + 1))
LARGE = 3


@pytest.fixture(params=STORES)
async def stores(request, tmp_path):
    """A direct conversation of Ann and Bob and a group of three, six events in each."""
    async with STORES[request.param](tmp_path) as opened:
        await opened.add_people(ANN, BOB, CEM, DAN)
        await opened.add_talk(TALK, (ANN, BOB))
        await opened.add_talk(GROUP, (ANN, BOB, CEM), ConversationKind.GROUP)
        for talk in (TALK, GROUP):
            for number in range(5):
                await opened.say(f"word {number}", talk=talk)
        yield opened


def at(seq, user=BOB, device="phone", talk=TALK):
    return Delivered(talk, user, DeviceId(device), seq)


async def put(stores, *positions, most_members=LARGE):
    return await stores.deliveries.put(positions, most_members)


async def delivered(stores, talk=TALK):
    found = await stores.deliveries.receipts(talk, ANN, 10)
    return {receipt.user_id: receipt.delivered_seq for receipt in found}


async def block(stores, user, peer, *, off=False):
    at = 0 if off else 7

    def blocking(pair):
        return msgspec.structs.replace(pair, mine=msgspec.structs.replace(pair.mine, blocked_at=at))

    await stores.relations.change(user, peer, blocking, 7)


async def let_nobody_know(stores, user):
    profiles = SqlProfiles(stores.database)
    await profiles.change_privacy(user, lambda _: Privacy(read_receipts=False), 1)


async def test_positions_move_forward_and_never_back(stores):
    assert (await put(stores, at(3))).moved == (at(3),)
    assert (await put(stores, at(2))).moved == ()
    assert (await put(stores, at(3))).moved == ()
    assert (await put(stores, at(5))).moved == (at(5),)
    assert (await delivered(stores))[BOB] == 5


async def test_of_several_positions_of_one_device_the_furthest_counts(stores):
    assert (await put(stores, at(2), at(4), at(3))).moved == (at(4),)


async def test_a_position_ends_at_the_last_event(stores):
    assert (await put(stores, at(2**53 - 1))).moved == (at(6),)


async def test_each_device_has_its_own_and_a_person_is_as_far_as_the_furthest(stores):
    await put(stores, at(2, device="phone"), at(5, device="web"), at(1, user=ANN))
    assert await delivered(stores) == {ANN: 1, BOB: 5}
    assert await stores.deliveries.behind(BOB) == {"phone": 4, "web": 1}


async def test_one_device_too_many_takes_the_place_of_the_one_that_is_most_behind(stores):
    furthest = at(6, device="furthest")
    await put(stores, furthest, at(1, device="behind"), at(2, user=ANN, device="behind"))
    others = [at(3, device=f"device {number}") for number in range(MOST_DEVICES - 2)]
    await put(stores, *others)
    assert "behind" in await stores.deliveries.behind(BOB)
    await put(stores, at(4, device="one more"))
    there = await stores.deliveries.behind(BOB)
    assert len(there) == MOST_DEVICES
    assert there.keys() >= {"furthest", "one more"} and "behind" not in there
    assert await delivered(stores) == {ANN: 2, BOB: 6}
    assert "behind" in await stores.deliveries.behind(ANN)


async def test_whoever_is_no_member_and_whatever_does_not_exist_is_left_out(stores):
    stored = await put(
        stores,
        at(3, user=CEM),
        at(3, talk=NOWHERE),
        at(3, talk=ConversationId("no number")),
        at(3, user=UserId("customer's user")),
        at(4),
    )
    assert stored.moved == (at(4),)
    assert stored.without == frozenset()
    assert stored.ignored == 4
    nothing = await put(stores, at(3, talk=ConversationId("x")))
    assert (nothing.moved, nothing.ignored) == ((), 1)


async def test_in_groups_that_are_too_large_no_positions_are_kept(stores):
    assert (await put(stores, at(3, talk=GROUP))).moved == (at(3, talk=GROUP),)
    stored = await put(stores, at(4, talk=GROUP), at(4), most_members=2)
    assert stored.moved == (at(4),)
    assert stored.without == {GROUP}
    assert (await delivered(stores, GROUP))[BOB] == 3


async def test_the_other_side_of_a_direct_conversation_is_told(stores):
    await put(stores, at(4), at(4, talk=GROUP))
    await stores.read_up_to(3, BOB)
    told = await stores.deliveries.told([(TALK, BOB), (GROUP, BOB), (TALK, CEM), (NOWHERE, ANN)])
    assert told == [Told(ANN, Receipt(TALK, BOB, 4, 3))]
    told = await stores.deliveries.told([(TALK, ANN), (TALK, BOB)])
    assert {one.peer: one.receipt.user_id for one in told} == {BOB: ANN, ANN: BOB}
    assert await stores.deliveries.told([]) == []


async def test_what_was_read_was_delivered(stores):
    await stores.read_up_to(5, BOB)
    (told,) = await stores.deliveries.told([(TALK, BOB)])
    assert told.receipt == Receipt(TALK, BOB, 5, 5)


async def test_receipts_are_those_of_all_members_in_order(stores):
    await put(stores, at(4, talk=GROUP), at(6, user=CEM, talk=GROUP))
    await stores.read_up_to(5, CEM, GROUP)
    assert await stores.deliveries.receipts(GROUP, ANN, 10) == [
        Receipt(GROUP, ANN, 1, 1),
        Receipt(GROUP, BOB, 4, 1),
        Receipt(GROUP, CEM, 6, 5),
    ]
    assert len(await stores.deliveries.receipts(GROUP, ANN, 2)) == 2
    assert await stores.deliveries.receipts(NOWHERE, ANN, 10) == []


async def test_readers_are_counted_over_all_and_listed_in_pages(stores):
    await stores.read_up_to(4, CEM, GROUP)
    both = ((BOB, False), (CEM, True))
    assert await stores.deliveries.readers(GROUP, 4, ANN, ANN, None, 10) == Readers(both, 1, 2)
    assert await stores.deliveries.readers(GROUP, 5, ANN, ANN, None, 10) == Readers(
        ((BOB, False), (CEM, False)), 0, 2
    )
    assert await stores.deliveries.readers(GROUP, 4, ANN, ANN, None, 1) == Readers(both[:1], 1, 2)
    assert await stores.deliveries.readers(GROUP, 4, ANN, ANN, BOB, 10) == Readers(both[1:], 1, 2)
    assert await stores.deliveries.readers(NOWHERE, 4, ANN, ANN, None, 10) == Readers((), 0, 0)


async def test_whoever_lets_nobody_know_has_read_nothing_for_others(stores):
    await stores.read_up_to(4, BOB)
    await stores.read_up_to(4, BOB, GROUP)
    await put(stores, at(2))
    await let_nobody_know(stores, BOB)
    (told,) = await stores.deliveries.told([(TALK, BOB)])
    assert told.receipt == Receipt(TALK, BOB, 2, 0)
    assert (await stores.deliveries.receipts(TALK, ANN, 10))[1] == Receipt(TALK, BOB, 2, 0)
    readers = await stores.deliveries.readers(GROUP, 4, ANN, ANN, None, 10)
    assert readers == Readers(((BOB, False), (CEM, False)), 0, 2)
    view = await stores.conversations.view(TALK, ANN)
    assert (view.peer_read_seq, view.peer_delivered_seq) == (0, 2)


async def test_whoever_lets_nobody_know_does_not_see_what_the_other_has_read(stores):
    await stores.read_up_to(4, BOB)
    await stores.read_up_to(4, BOB, GROUP)
    await let_nobody_know(stores, ANN)
    (told,) = await stores.deliveries.told([(TALK, BOB)])
    assert told.receipt.read_seq == 0
    assert [one.read_seq for one in await stores.deliveries.receipts(TALK, ANN, 10)] == [0, 0]
    readers = await stores.deliveries.readers(TALK, 4, ANN, ANN, None, 10)
    assert readers == Readers(((BOB, False),), 0, 1)
    assert (await stores.conversations.view(TALK, ANN)).peer_read_seq == 0
    # In a group everybody decides for themselves alone.
    readers = await stores.deliveries.readers(GROUP, 4, ANN, ANN, None, 10)
    assert readers == Readers(((BOB, True), (CEM, False)), 1, 2)


@pytest.mark.parametrize("blocking", [(BOB, ANN), (ANN, BOB)])
async def test_who_block_each_other_do_not_learn_how_far_the_other_is(stores, blocking):
    await stores.read_up_to(3, BOB)
    await put(stores, at(5), at(5, talk=GROUP), at(4, user=CEM, talk=GROUP))
    await stores.read_up_to(4, BOB, GROUP)
    await block(stores, *blocking)
    assert await stores.deliveries.told([(TALK, BOB), (TALK, ANN)]) == []
    assert (await stores.deliveries.receipts(TALK, ANN, 10))[1] == Receipt(TALK, BOB, 0, 0)
    view = await stores.conversations.view(TALK, ANN)
    assert (view.peer_read_seq, view.peer_delivered_seq) == (0, 0)
    # What all three are in goes on, and only these two count as away for each other.
    listed = await stores.deliveries.receipts(GROUP, ANN, 10)
    assert listed[1:] == [Receipt(GROUP, BOB, 0, 0), Receipt(GROUP, CEM, 4, 1)]
    readers = await stores.deliveries.readers(GROUP, 4, ANN, ANN, None, 10)
    assert readers == Readers(((BOB, False), (CEM, False)), 0, 2)
    seen_by_cem = await stores.deliveries.readers(GROUP, 4, ANN, CEM, None, 10)
    assert seen_by_cem == Readers(((BOB, True), (CEM, False)), 1, 2)
    assert (await stores.deliveries.receipts(GROUP, BOB, 10))[1] == Receipt(GROUP, BOB, 5, 4)
    await block(stores, *blocking, off=True)
    assert await stores.deliveries.told([(TALK, BOB)]) == [Told(ANN, Receipt(TALK, BOB, 5, 3))]
    assert (await stores.conversations.view(TALK, ANN)).peer_read_seq == 3


async def test_a_direct_conversation_shows_how_far_the_other_person_is(stores):
    await stores.read_up_to(3, BOB)
    await put(stores, at(5), at(5, talk=GROUP))
    for view in (
        await stores.conversations.view(TALK, ANN),
        next(v for v in await stores.conversations.views(ANN, None, 10) if v.id == TALK),
    ):
        assert (view.peer_read_seq, view.peer_delivered_seq) == (3, 5)
    group = await stores.conversations.view(GROUP, ANN)
    assert (group.peer_read_seq, group.peer_delivered_seq) == (0, 0)
    own = await stores.conversations.view(TALK, BOB)
    assert (own.peer_read_seq, own.peer_delivered_seq) == (1, 1)


async def test_nobody_is_behind_without_having_acknowledged_anything(stores):
    assert await stores.deliveries.behind(BOB) == {}
    await put(stores, at(6), at(6, talk=GROUP))
    assert await stores.deliveries.behind(BOB) == {"phone": 0}
    await stores.say("one more")
    assert await stores.deliveries.behind(BOB) == {"phone": 1}
    assert await stores.deliveries.behind(UserId("nobody")) == {}


async def sign_in(stores, user, device):
    """Without the rest of a sign-in: which devices there are is all that counts."""
    row = {
        "id": f"{user} {device}",
        "user_id": int(user),
        "device": device,
        "token_hash": f"token {user} {device}".encode().ljust(32)[:32],
        "token_expires_at": 9e9,
        "refresh_hash": f"fresh {user} {device}".encode().ljust(32)[:32],
        "refresh_expires_at": 9e9,
    }
    await stores.database.write(lambda db: db.execute(insert(sessions), row))


async def fold(stores, limit):
    removed, after = 0, None
    for _ in range(50):
        step = await stores.retention.fold_positions(after, limit)
        assert step.removed <= limit
        removed, after = removed + step.removed, step.after
        if after is None:
            return removed
    raise AssertionError("the walk has no end")


@pytest.mark.parametrize("limit", [1, 2, 100])
async def test_what_signed_out_devices_had_is_kept_in_one_place(stores, limit):
    await sign_in(stores, BOB, "web")
    await put(stores, at(2, device="phone"), at(5, device="old"), at(3, device="web"))
    await put(stores, at(4, user=CEM, talk=GROUP), at(6, device="old", talk=GROUP))
    before = await delivered(stores), await delivered(stores, GROUP)
    assert await fold(stores, limit) == 4
    assert (await delivered(stores), await delivered(stores, GROUP)) == before
    assert await stores.deliveries.behind(BOB) == {"web": 3}
    assert await fold(stores, limit) == 0


async def test_what_was_merged_never_moves_back_and_is_overtaken(stores):
    await put(stores, at(4, device="phone"))
    await fold(stores, 10)
    await put(stores, at(2, device="old"))
    assert await fold(stores, 10) == 1
    assert (await delivered(stores))[BOB] == 4
    await put(stores, at(6, device="new"))
    assert (await delivered(stores))[BOB] == 6
    await fold(stores, 10)
    assert (await delivered(stores))[BOB] == 6
