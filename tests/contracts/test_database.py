"""What every engine promises to the units of the SQL drivers."""

import asyncio
import traceback

import pytest
from sqlalchemy import String, cast, delete, func, insert, literal, select, text, update
from sqlalchemy.util import await_only

from parlor.drivers.sql.locks import has_one_writer
from parlor.drivers.sql.tables import logs, mail_pushes
from parlor.model.errors import LogFull, NotFound, Overloaded, StorageFailed
from tests.support.databases import DATABASES, two_programs


@pytest.fixture(params=DATABASES)
async def database(request, tmp_path):
    async with DATABASES[request.param](tmp_path) as opened:
        yield opened


@pytest.fixture(params=DATABASES)
async def two(request, tmp_path):
    async with two_programs(request.param, tmp_path) as opened:
        yield opened


def put(name, body=b""):
    return lambda db: db.execute(insert(mail_pushes), {"push_id": name, "push": body})


def put_all(db, names):
    """One row each; a name that begins with `bad` is a fault of its own."""
    if any(name.startswith("bad") for name in names):
        raise ValueError(names)
    db.execute(insert(mail_pushes), [{"push_id": name, "push": b""} for name in names])
    return [NotFound(name) if name.startswith("no") else name.upper() for name in names]


def names(db):
    return list(db.execute(select(mail_pushes.c.push_id).order_by(mail_pushes.c.push_id)).scalars())


async def test_a_write_is_answered_with_its_result_and_can_be_read(database):
    assert await database.write(lambda db: put("a")(db) and 7) == 7
    assert await database.read(names) == ["a"]


async def test_a_unit_that_raises_leaves_nothing_and_its_error_reaches_the_caller(database):
    def unit(db):
        put("a")(db)
        raise LogFull(retry_after_s=1.0)

    with pytest.raises(LogFull):
        await database.write(unit)
    assert await database.read(names) == []


async def test_what_the_engine_refuses_is_a_storage_failure(database):
    with pytest.raises(StorageFailed):
        await database.write(lambda db: db.execute(text("SELECT nothing FROM nowhere")))
    with pytest.raises(StorageFailed):
        await database.read(lambda db: db.execute(text("SELECT nothing FROM nowhere")))
    await database.write(put("a"))
    with pytest.raises(StorageFailed):
        await database.write(put("a"))
    assert await database.read(names) == ["a"]


async def test_a_query_cannot_write(database):
    with pytest.raises(StorageFailed):
        await database.read(put("a"))
    assert await database.read(names) == []


async def test_items_that_are_stored_together_are_answered_each(database):
    asked = [database.write_together(put_all, name) for name in ("a", "no", "c")]
    found = await asyncio.gather(*asked, return_exceptions=True)
    assert (found[0], type(found[1]), found[2]) == ("A", NotFound, "C")


async def test_an_item_that_spoils_the_batch_hurts_no_other(database):
    asked = [database.write_together(put_all, name) for name in ("a", "bad", "c")]
    found = await asyncio.gather(*asked, return_exceptions=True)
    assert (found[0], type(found[1]), found[2]) == ("A", ValueError, "C")
    assert await database.read(names) == ["a", "c"]


async def test_items_of_one_order_are_stored_in_the_order_of_the_calls(database):
    seen: dict[str, list[int]] = {"left": [], "right": []}

    def unit(db, items):
        for side, number in items:
            put(f"{side} {number}")(db)
        for side, number in items:
            seen[side].append(number)
        return [None] * len(items)

    async def send(number):
        side = "left" if number % 2 else "right"
        await database.write_together(unit, (side, number), order=side)

    waiting = []
    for number in range(120):
        waiting.append(asyncio.ensure_future(send(number)))
        if not number % 7:
            await asyncio.sleep(0)
    await asyncio.gather(*waiting)
    assert seen == {"left": list(range(1, 120, 2)), "right": list(range(0, 120, 2))}


async def test_texts_are_compared_byte_for_byte(database):
    different = ["a", "A", "á", "a ", "ａ", "ä", "ß", "ss", "z", "Z", "字", "👋"]
    for name in different:
        await database.write(put(name))
    assert await database.read(names) == sorted(different)


async def test_a_text_made_of_a_number_is_compared_as_columns_are(database):
    await database.write(
        lambda db: db.execute(insert(logs), {"name": "c:7", "last": 7, "total": 0})
    )
    made = literal("c:").concat(cast(logs.c.last, String(20)))
    wanted = select(logs.c.name).where(logs.c.name == made)
    assert await database.read(lambda db: db.execute(wanted).scalar()) == "c:7"


async def test_large_texts_and_bodies_come_back_as_they_were(database):
    body = bytes(range(256)) * 1_024
    words = "👋字" * 40_000

    def keep(db):
        put("large", body)(db)
        db.execute(
            text(
                "INSERT INTO log_asides (log, position, put_at, reason, body)"
                " VALUES ('l', 1, 1, :reason, :body)"
            ),
            {"reason": words, "body": b""},
        )

    await database.write(keep)
    assert await database.read(lambda db: db.execute(select(mail_pushes.c.push)).scalar()) == body
    found = await database.read(
        lambda db: db.execute(text("SELECT reason FROM log_asides")).scalar()
    )
    assert found == words


async def test_rowcount_counts_what_matched_changed_or_not(database):
    await database.write(put("a", b"same"))
    again = update(mail_pushes).where(mail_pushes.c.push_id == "a").values(push=b"same")
    assert await database.write(lambda db: db.execute(again).rowcount) == 1
    none = delete(mail_pushes).where(mail_pushes.c.push_id == "b")
    assert await database.write(lambda db: db.execute(none).rowcount) == 0


async def test_cancelling_the_caller_does_not_undo_the_unit(database):
    asked = asyncio.ensure_future(database.write(put("a")))
    await asyncio.sleep(0)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    while await database.read(names) != ["a"]:
        await asyncio.sleep(0)


async def test_writes_that_are_too_many_are_refused_at_once(tmp_path):
    for name, opened in DATABASES.items():
        async with opened(tmp_path / name, max_waiting_writes=3, max_waiting_reads=3) as database:
            asked = [asyncio.ensure_future(database.write(put(f"{n}"))) for n in range(5)]
            done = await asyncio.gather(*asked, return_exceptions=True)
            assert [type(one) for one in done].count(Overloaded) == 2
            assert len(await database.read(names)) == 3
            reads = [asyncio.ensure_future(database.read(names)) for _ in range(5)]
            answers = await asyncio.gather(*reads, return_exceptions=True)
            assert [type(one) for one in answers].count(Overloaded) == 2
            assert database.waiting_reads == database.waiting_writes == 0


async def test_what_was_accepted_is_answered_before_closing_and_nothing_after(tmp_path):
    for name, opened in DATABASES.items():
        async with opened(tmp_path / name) as database:
            asked = [asyncio.ensure_future(database.write(put(f"{n}"))) for n in range(9)]
            await asyncio.sleep(0)
        await asyncio.gather(*asked)
        with pytest.raises(StorageFailed):
            await database.write(put("late"))


def grow(name):
    """Read, then decide: two at once would lose one, were they not serializable."""

    def unit(db):
        last = db.execute(select(logs.c.last).where(logs.c.name == name)).scalar()
        if last is None:
            db.execute(insert(logs), {"name": name, "last": 1, "total": 0})
        else:
            db.execute(update(logs).where(logs.c.name == name).values(last=last + 1))
        return (last or 0) + 1

    return unit


async def test_units_of_two_programs_that_read_and_decide_lose_nothing(two):
    asked = [each.write(grow("shared")) for _ in range(12) for each in two]
    assert sorted(await asyncio.gather(*asked)) == list(range(1, 25))


async def test_units_that_name_one_order_do_not_meet_and_keep_it(database):
    def add(number):
        def unit(db):
            last = db.execute(select(logs.c.last).where(logs.c.name == "row")).scalar_one()
            assert last == number
            db.execute(update(logs).where(logs.c.name == "row").values(last=last + 1))

        return unit

    await database.write(
        lambda db: db.execute(insert(logs), {"name": "row", "last": 0, "total": 0})
    )
    asked = [database.write(add(number), order="row") for number in range(40)]
    await asyncio.gather(*asked)


async def test_of_two_that_must_leave_one_behind_only_one_goes(two):
    """Write skew: each removes another row after it has seen that both are there."""

    def leave(name):
        def unit(db):
            there = db.execute(select(func.count()).select_from(mail_pushes)).scalar()
            if there > 1:
                db.execute(delete(mail_pushes).where(mail_pushes.c.push_id == name))

        return unit

    for _ in range(6):
        await two[0].write(lambda db: put_all(db, ["a", "b"]))
        await asyncio.gather(two[0].write(leave("a")), two[1].write(leave("b")))
        assert len(await two[0].read(names)) == 1
        await two[0].write(lambda db: db.execute(delete(mail_pushes)))


async def test_a_query_sees_one_moment_only(two):
    await two[0].write(put("a"))
    loop = asyncio.get_running_loop()

    def query(db):
        before = names(db)
        # Another program commits while the query is under way, on a thread or as a coroutine.
        other = two[1].write(put("b"))
        if has_one_writer(db):
            asyncio.run_coroutine_threadsafe(other, loop).result(10)
        else:
            await_only(other)
        return before, names(db)

    assert await two[0].read(query) == (["a"], ["a"])
    assert await two[0].read(names) == ["a", "b"]


async def test_an_error_does_not_repeat_what_was_to_be_stored(database):
    said = f"private {id(database)}"

    def unit(db):
        db.execute(text("INSERT INTO nowhere VALUES (:said)"), {"said": said})

    for ask in (database.write, database.read):
        with pytest.raises(StorageFailed) as failed:
            await ask(unit)
        chain = "".join(traceback.format_exception(failed.value))
        assert "INSERT INTO nowhere" in chain
        assert said not in chain
