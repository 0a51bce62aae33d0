"""What happens in a group stands in its thread, in words, in English and in Chinese."""

from __future__ import annotations

import asyncio

from playwright.async_api import Browser, expect

from tests.browser.conftest import Arrive
from tests.browser.test_accessible import check_screen
from tests.support.person import Person
from tests.support.server import ParlorServer
from tests.support.team import Team, team_at

PEOPLE = {"ada": "Ada", "zoe": "Zoe", "tariq": "Tariq", "grace": "Grace"}
LINES = (
    ("Ada created the group “Release 1.0”", "Ada创建了群聊“Release 1.0”"),
    ("Tariq joined", "Tariq加入了群聊"),
    ("Ada added Grace", "Ada邀请Grace加入了群聊"),
    ("Ada changed the title to “Release 1.1”", "Ada将标题改为“Release 1.1”"),
    ("Ada announced: We tag on Thursday.", "Ada发布了公告：We tag on Thursday."),
    ("Ada took the announcement down", "Ada撤下了公告"),
    ("Ada changed the group's settings", "Ada修改了群设置"),
    ("Ada muted you", "Ada禁言了你"),
    ("Ada let you write again", "Ada解除了你的禁言"),
    ("Ada muted the group", "Ada开启了全员禁言"),
    ("Ada let everybody write again", "Ada关闭了全员禁言"),
    ("Ada made Tariq an administrator", "Ada将Tariq设为管理员"),
    ("Ada made Tariq a member", "Ada将Tariq设为普通成员"),
    ("Ada pinned a message", "Ada置顶了一条消息"),
    ("Ada unpinned a message", "Ada取消了一条置顶"),
    ("Ada removed Grace", "Ada将Grace移出了群聊"),
    ("Ada made you the owner", "Ada将群主转让给了你"),
    ("Tariq left", "Tariq退出了群聊"),
    ("You dissolved the group", "你解散了群聊"),
)


async def _live_through(team: Team) -> None:
    """Everything that can happen to a group, once, in the order of LINES."""
    ids = team.ids
    await team.act("ada", "update", settings={"join": "open"})
    joining = {"client_id": "join", "conversation_id": team.id}
    await team.ask("tariq", "POST", "/groups/join", joining)
    await team.act("ada", "members", members=[ids["grace"]])
    await team.act("ada", "update", title="Release 1.1")
    await team.act("ada", "update", announcement="We tag on Thursday.")
    await team.act("ada", "update", announcement="")
    await team.act("ada", "mute", user_id=ids["zoe"], for_s=60)
    await team.act("ada", "mute", user_id=ids["zoe"], off=True)
    await team.act("ada", "mute")
    await team.act("ada", "mute", off=True)
    await team.act("ada", "role", user_id=ids["tariq"], role="administrator")
    await team.act("ada", "role", user_id=ids["tariq"], role="member")
    said = await team.act("ada", "messages", text="The notes are ready.")
    pinning = f"events/{said['event']['seq']}/pin"
    await team.act("ada", pinning)
    await team.act("ada", pinning, off=True)
    await team.act("ada", pinning)
    await team.act("ada", "members/remove", members=[ids["grace"]])
    await team.act("ada", "transfer", user_id=ids["zoe"])
    await team.act("tariq", "leave")
    await team.act("zoe", "dissolve")


async def _go(person: Person, path: str) -> None:
    with person.watcher.leaving():
        await person.page.goto(path)


async def test_all_that_happens_in_a_group_is_told_in_both_languages(
    arrive: Arrive, browser: Browser, server: ParlorServer, size: dict[str, int]
) -> None:
    async with team_at(server.url, "Release 1.0") as team:
        for account, name in PEOPLE.items():
            await team.account(account, name)
        await team.gather("ada", ["zoe"])
        zoe, hers = await asyncio.gather(*(arrive(browser, "zoe", "Zoe", size) for _ in range(2)))
        for person in (zoe, hers):
            await person.sign_in()
            await person.is_in()
        await _go(zoe, f"/c/{team.id}")
        await expect(zoe.messages).to_be_visible()

        await _live_through(team)  # before her eyes, and hers on the other device is away
        log = zoe.messages
        for english, _ in LINES:
            await expect(log.get_by_text(english, exact=True).last).to_be_attached()
        await check_screen(zoe.page, "what happened")
        await _go(hers, "/settings")
        await hers.page.get_by_role("radio", name="中文").check(force=True)
        await expect(hers.page.get_by_role("navigation", name="主导航")).to_be_visible()
        await _go(hers, f"/c/{team.id}")
        log = hers.page.get_by_role("log", name="消息")
        for _, chinese in LINES:
            await expect(log.get_by_text(chinese, exact=True).last).to_be_attached()


async def test_many_who_come_at_once_are_counted_and_ones_own_acts_say_you(
    arrive: Arrive, browser: Browser, server: ParlorServer, size: dict[str, int]
) -> None:
    async with team_at(server.url, "Release 1.0") as team:
        crowd = [f"person{number}" for number in range(8)]
        for account in ("ada", "zoe", *crowd):
            await team.account(account, account.title())
        await team.gather("ada", ["zoe"])
        ada, zoe = await asyncio.gather(
            *(arrive(browser, account, account.title(), size) for account in ("ada", "zoe"))
        )
        for person in (ada, zoe):
            await person.sign_in()
            await person.is_in()
            await _go(person, f"/c/{team.id}")
        await team.act("ada", "members", members=[team.ids[account] for account in crowd])
        names = "Person0, Person1, Person2, Person3, Person4 and 3 more"
        for person, line in ((ada, f"You added {names}"), (zoe, f"Ada added {names}")):
            await expect(person.messages.get_by_text(line, exact=True)).to_be_visible()
            if size["width"] > 640:
                await expect(person.row("Release 1.0")).to_contain_text(line)

        said = await team.act("ada", "messages", text="Please read this.")
        for number in range(30):
            await team.act("ada", "messages", text=f"line {number}")
        await team.act("ada", f"events/{said['event']['seq']}/pin")
        pinned = zoe.messages.get_by_text("Ada pinned a message", exact=True)
        await expect(pinned).to_be_visible()
        await zoe.messages.get_by_role("button", name="Show", exact=True).click()
        await expect(zoe.messages.get_by_text("Please read this.", exact=True)).to_be_in_viewport()
