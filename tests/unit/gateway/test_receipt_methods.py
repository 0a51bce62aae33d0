"""Devices and receipts through the native protocol."""

from tests.support.native_connection import NativeHouse, settle


async def ask(client, method, **params):
    client.ask(9, method, **params)
    await settle()
    (reply,) = client.messages()
    return reply.get("result", reply.get("error"))


async def test_ones_devices_are_listed_renamed_and_signed_out():
    house = NativeHouse()
    client = house.websocket()
    await client.hello("1:phone")
    assert await ask(client, "device.rename", device="tablet", label="Kitchen") == {
        "label": "Kitchen"
    }
    devices = (await ask(client, "device.list"))["devices"]
    assert [(one["device"], one["label"], one["current"]) for one in devices] == [
        ("phone", "", True),
        ("tablet", "Kitchen", False),
    ]
    assert await ask(client, "device.sign_out", device="tablet") == {}
    assert (await ask(client, "device.sign_out", device="tablet"))["code"] == "not_found"
    assert await ask(client, "device.sign_out_others") == {"ended": 1}


async def test_positions_are_of_the_device_that_speaks():
    house = NativeHouse()
    client = house.websocket()
    await client.hello("1:phone")
    reply = await ask(client, "delivered.set", positions={"900": 7, "large": 2})
    assert reply == {"without": ["large"]}
    assert house.small.delivered.noted == {("1", "phone", "900"): 7}


async def test_who_has_got_and_read_what_is_told():
    house = NativeHouse()
    client = house.websocket()
    await client.hello("1:phone")
    listed = (await ask(client, "receipt.list", conversation_id="900"))["receipts"]
    assert [(one["user_id"], one["delivered_seq"], one["read_seq"]) for one in listed] == [
        ("2", 7, 7),
        ("3", 5, 0),
    ]
    readers = await ask(client, "message.readers", conversation_id="900", seq=4)
    assert (readers["read"], readers["unread"]) == (["2"], ["3"])
    assert (readers["read_count"], readers["unread_count"]) == (1, 1)
    assert [user["id"] for user in readers["users"]] == ["2", "3"]
    refused = await ask(client, "message.readers", conversation_id="404", seq=4)
    assert refused["code"] == "not_found"


async def test_only_accounts_have_devices_and_receipts_here():
    house = NativeHouse()
    guest = house.small.authentication.identity("guest:phone")
    house.small.authentication.other["guest:phone"] = type(guest)(
        guest.user, guest.device, guest.session, has_account=False
    )
    client = house.websocket()
    await client.hello("guest:phone")
    for method, params in (
        ("device.list", {}),
        ("device.sign_out_others", {}),
        ("delivered.set", {"positions": {}}),
        ("receipt.list", {"conversation_id": "900"}),
    ):
        assert (await ask(client, method, **params))["code"] == "account_needed"
