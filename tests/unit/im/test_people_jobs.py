import struct

from parlor.im.people_jobs import PeopleJobs
from parlor.model.ids import UserId
from tests.support.people_services import people_house

USERS = [UserId(str(number)) for number in range(1, 203)]


async def test_a_round_forgets_all_that_is_due_and_nothing_else():
    house = people_house(*USERS, max_requests_per_day=500, request_days=1)
    first, *others = USERS
    for other in others:
        await house.contacts.request(first, other, "")
    picture = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 1, 1) + bytes(5)
    spare = await house.pictures.put(first, picture)
    jobs = PeopleJobs(house.contacts, house.pictures)
    await jobs.tidy()
    listed, _ = await house.contacts.page(first, "requests", "", 100)
    assert len(listed) == 100
    house.hand.at += 86_401
    await jobs.tidy()
    assert await house.contacts.page(first, "requests", "", 100) == ([], "")
    assert await house.store.get(spare.id) is None
