import pytest

from parlor.accounts.devices import Devices
from parlor.model.close import CloseCode
from parlor.model.device import Appearance, Platform
from parlor.model.errors import BadRequest, NotFound, TooManyDevices, Unauthenticated
from parlor.model.ids import DeviceId
from parlor.model.receipt import Delivered
from tests.support.door import HOME, PASSWORD, open_door
from tests.support.storage import BOB, TALK


class Online:
    """The phone has two connections."""

    def devices_of(self, user):
        return {DeviceId("phone"): 2}


class House:
    def __init__(self, door):
        self.door = door
        self.sent_away = []
        self.signed_out = []
        door.sign_ins.on_sent_away(self.on_sent_away)
        stores = door.stores
        self.devices = Devices(
            stores.devices, door.sign_ins, self, stores.deliveries, Online(), door.clock
        )

    def on_sent_away(self, identity, why):
        assert identity.session not in [ended.session for ended in self.door.ended]
        self.sent_away.append((identity.device, why))

    async def sign_out(self, identity):
        self.signed_out.append(identity.device)
        await self.door.sign_ins.end(identity)

    async def arrive(self, device, platform=None, label=""):
        """Ann signs in; (who that is, her tokens)."""
        signed_in = await self.door.signing.sign_in(
            "ann",
            PASSWORD,
            device=device,
            address=HOME,
            appearance=Appearance(platform, label, "ParlorApp/1.0 (Android 14)"),
        )
        return await self.door.sign_ins.authenticate(signed_in.tokens.token), signed_in.tokens


@pytest.fixture
async def house(tmp_path):
    async with open_door(tmp_path) as door:
        await door.sign_up("ann", device="phone")
        yield House(door)


async def test_the_list_says_what_each_device_is_and_how_far_behind(house):
    me, _ = await house.arrive("tablet", Platform.IOS, "Ann's tablet")
    stores, user = house.door.stores, me.user
    await stores.add_people(BOB)
    await stores.add_talk(TALK, (user, BOB))
    await stores.say("one", BOB)
    await stores.deliveries.put([Delivered(TALK, user, DeviceId("phone"), 1)], 10)
    listed = {one.device: one for one in await house.devices.list(me)}
    phone, tablet = listed["phone"], listed["tablet"]
    assert (tablet.platform, tablet.label, tablet.address) == (Platform.IOS, "Ann's tablet", HOME)
    assert (tablet.current, tablet.connections, tablet.behind) == (True, 0, 0)
    assert (phone.current, phone.connections, phone.behind) == (False, 2, 1)
    assert phone.created_at == phone.last_seen_at == house.door.clock.unix_ms()


async def test_without_words_of_its_own_a_device_is_called_by_its_user_agent(house):
    me, _ = await house.arrive("tablet")
    tablet = next(one for one in await house.devices.list(me) if one.current)
    assert (tablet.platform, tablet.label) == (Platform.ANDROID, "ParlorApp")


async def test_a_device_can_be_called_something_else(house):
    me, _ = await house.arrive("tablet")
    assert await house.devices.rename(me, DeviceId("phone"), "  Old\tphone ") == "Old phone"
    assert "Old phone" in [one.label for one in await house.devices.list(me)]
    for label in ("", "x" * 65, "\u202e"):
        with pytest.raises(BadRequest):
            await house.devices.rename(me, DeviceId("phone"), label)
    with pytest.raises(NotFound):
        await house.devices.rename(me, DeviceId("fridge"), "Fridge")


async def test_a_device_signed_out_from_afar_is_told_why_and_its_tokens_are_dead(house):
    first, tokens = await house.arrive("phone")
    me, _ = await house.arrive("tablet")
    await house.devices.sign_out(me, DeviceId("phone"))
    assert house.sent_away == [("phone", CloseCode.SIGNED_OUT)]
    assert house.door.ended[-1].session == first.session
    with pytest.raises(Unauthenticated):
        await house.door.sign_ins.authenticate(tokens.token)
    with pytest.raises(Unauthenticated):
        await house.door.signing.refresh(tokens.refresh_token)
    with pytest.raises(NotFound):
        await house.devices.sign_out(me, DeviceId("phone"))


async def test_ones_own_device_is_signed_out_as_by_itself(house):
    me, _ = await house.arrive("tablet")
    await house.devices.sign_out(me, me.device)
    assert (house.signed_out, house.sent_away) == (["tablet"], [])


async def test_all_others_can_be_signed_out_at_once(house):
    await house.arrive("laptop")
    me, tokens = await house.arrive("tablet")
    assert await house.devices.sign_out_others(me) == 2
    assert {device for device, _ in house.sent_away} == {"phone", "laptop"}
    assert [one.device for one in await house.devices.list(me)] == ["tablet"]
    await house.door.sign_ins.authenticate(tokens.token)
    assert await house.devices.sign_out_others(me) == 0


async def test_another_persons_device_of_that_name_is_left_alone(house):
    bob = await house.door.sign_up("bob", device="phone")
    me, _ = await house.arrive("tablet")
    await house.devices.sign_out(me, DeviceId("phone"))
    await house.door.sign_ins.authenticate(bob.tokens.token)


@pytest.fixture
async def strict(tmp_path):
    policy = {
        "ios": {"over": "replace_oldest"},
        "web": {"over": "refuse", "at_most": 2},
    }
    async with open_door(tmp_path, device_policy=policy, max_devices=4) as door:
        await door.sign_up("ann", device="first")
        yield House(door)


async def test_a_second_sign_in_of_a_platform_replaces_the_first_and_says_so(strict):
    _, old = await strict.arrive("old phone", Platform.IOS)
    strict.door.clock.at += 1
    me, _ = await strict.arrive("new phone", Platform.IOS)
    assert strict.sent_away == [("old phone", CloseCode.DEVICE_REPLACED)]
    with pytest.raises(Unauthenticated):
        await strict.door.sign_ins.authenticate(old.token)
    assert {one.device for one in await strict.devices.list(me)} == {"new phone", "first"}


async def test_a_platform_that_is_full_takes_no_more_until_one_signs_out(strict):
    me, _ = await strict.arrive("one", Platform.WEB)
    await strict.arrive("two", Platform.WEB)
    with pytest.raises(TooManyDevices):
        await strict.arrive("three", Platform.WEB)
    await strict.arrive("two", Platform.WEB)
    await strict.devices.sign_out(me, DeviceId("two"))
    await strict.arrive("three", Platform.WEB)


async def test_over_the_limit_in_all_the_one_seen_longest_ago_is_signed_out(strict):
    for name in ("a", "b", "c", "d"):
        strict.door.clock.at += 1
        me, _ = await strict.arrive(name, Platform.DESKTOP)
    assert strict.sent_away == [("first", CloseCode.DEVICE_REPLACED)]
    assert len(await strict.devices.list(me)) == 4
