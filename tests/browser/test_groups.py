"""What owners, administrators and members do with a group, and that the others see it at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.browser.conftest import Arrive
from tests.browser.test_accessible import check_screen
from tests.support.browser import PHONE
from tests.support.person import Person, write
from tests.support.server import ParlorServer
from tests.support.team import Details, Team, team_at

TITLE = "Release 1.0 · 发布"
PEOPLE = {"ada": "Ada Lovelace", "xiaoming": "王小明", "zoe": "Zoë Müller"}

Look = Callable[[str], Awaitable[Details]]


@pytest.fixture
async def team(server: ParlorServer) -> AsyncIterator[Team]:
    """Ada owns the group, 小明 is its administrator, Zoë a member."""
    async with team_at(server.url, TITLE) as team:
        for account, name in PEOPLE.items():
            await team.account(account, name)
        await team.gather("ada", ["xiaoming", "zoe"])
        await team.act("ada", "role", user_id=team.ids["xiaoming"], role="administrator")
        yield team


@pytest.fixture
def look(arrive: Arrive, browser: Browser, team: Team, size: dict[str, int]) -> Look:
    """`await look("zoe")`: she signs in and opens the details of the group."""

    async def come(account: str) -> Details:
        person = await enter(arrive, browser, team, account, size)
        await person.open_conversation(team.title)
        return await Details(person).open()

    return come


async def enter(
    arrive: Arrive, browser: Browser, team: Team, account: str, size: dict[str, int]
) -> Person:
    if account not in team.ids:
        await team.account(account, PEOPLE.get(account, account.title()))
    person = await arrive(browser, account, PEOPLE.get(account, account.title()), size)
    await person.sign_in()
    await person.is_in()
    return person


async def visit(person: Person, address: str) -> None:
    with person.watcher.leaving():
        await person.page.goto(address)


async def test_everybody_is_offered_what_their_role_may_do(look: Look) -> None:
    ada, ming, zoe = await asyncio.gather(look("ada"), look("xiaoming"), look("zoe"))
    offered = {
        "Change the name": (True, True, False),
        "Write an announcement": (True, True, False),
        "Choose the group's picture": (True, True, False),
        "Add people": (True, True, True),
        "Links": (True, True, False),
        "Group settings": (True, True, False),
        "Leave the group": (True, True, True),
        "Dissolve the group": (True, False, False),
    }
    for label, who in offered.items():
        for details, may in zip((ada, ming, zoe), who, strict=True):
            await expect(details.button(label)).to_have_count(1 if may else 0)

    await zoe.member(PEOPLE["xiaoming"]).click()
    sheet = zoe.person.page.get_by_role("dialog")
    await expect(sheet.get_by_role("button", name="Send message")).to_be_visible()
    await expect(sheet.get_by_role("button", name="Mute")).to_have_count(0)
    await expect(sheet.get_by_role("button", name="Remove from the group")).to_have_count(0)
    await zoe.person.page.keyboard.press("Escape")

    await ming.member(PEOPLE["ada"]).click()
    sheet = ming.person.page.get_by_role("dialog")
    await expect(sheet.get_by_role("button", name="Send message")).to_be_visible()
    await expect(sheet.get_by_role("button", name="Remove from the group")).to_have_count(0)


async def test_an_administrator_is_made_and_unmade_before_their_eyes(look: Look) -> None:
    ada, zoe = await asyncio.gather(look("ada"), look("zoe"))
    await ada.choose(PEOPLE["zoe"], "Make administrator")
    await ada.confirm("Make administrator")
    await expect(zoe.button("Group settings")).to_be_visible()
    await expect(ada.member(PEOPLE["zoe"]).get_by_text("Administrator")).to_be_visible()

    await ada.choose(PEOPLE["zoe"], "Make member again")
    await ada.confirm("Make member again")
    await expect(zoe.button("Group settings")).to_have_count(0)
    await expect(zoe.member(PEOPLE["zoe"]).get_by_text("Administrator")).to_have_count(0)


async def test_somebody_is_muted_for_a_while_and_may_speak_again(look: Look) -> None:
    ming, zoe = await asyncio.gather(look("xiaoming"), look("zoe"))
    await ming.choose(PEOPLE["zoe"], "Mute")
    await ming.confirm("1 hour")
    for details in (ming, zoe):
        await expect(details.member(PEOPLE["zoe"]).get_by_label("Muted")).to_be_visible()
    await ming.choose(PEOPLE["zoe"], "Let speak again")
    for details in (ming, zoe):
        await expect(details.member(PEOPLE["zoe"]).get_by_label("Muted")).to_have_count(0)


async def test_people_are_added_and_removed(
    look: Look, arrive: Arrive, browser: Browser, team: Team, size: dict[str, int]
) -> None:
    tariq = await enter(arrive, browser, team, "tariq", size)
    zoe, ming = await asyncio.gather(look("zoe"), look("xiaoming"))
    await zoe.go("Add people")
    sheet = zoe.person.page.get_by_role("dialog", name="Add people")
    await write(sheet.get_by_role("textbox", name="Add people"), "tariq")
    await sheet.get_by_role("checkbox", name="Tariq").click()
    await sheet.get_by_role("button", name="Add", exact=True).click()
    await expect(sheet).to_have_count(0)

    await tariq.row(team.title).wait_for()
    await expect(ming.pane.get_by_text("4 members")).to_be_visible()
    await ming.choose("Tariq", "Remove from the group")
    await ming.confirm("Remove from the group")
    await expect(tariq.row(team.title)).to_have_count(0)
    for details in (ming, zoe):
        await expect(details.member("Tariq")).to_have_count(0)


async def test_name_and_announcement_change_for_everybody_at_once(look: Look) -> None:
    ming, zoe = await asyncio.gather(look("xiaoming"), look("zoe"))
    await ming.button("Change the name").click()
    dialog = ming.person.page.get_by_role("dialog", name="Change the name")
    await write(dialog.get_by_label("Group name"), "Release 1.1")
    await ming.confirm("Save")
    await expect(zoe.pane.get_by_text("Release 1.1", exact=True)).to_be_visible()

    await ming.button("Write an announcement").click()
    dialog = ming.person.page.get_by_role("dialog", name="Announcement")
    await write(dialog.get_by_label("What everybody should know"), "We tag on Thursday.")
    await ming.confirm("Save")
    region = zoe.pane.get_by_role("region", name="Announcement")
    await expect(region.get_by_text("We tag on Thursday.")).to_be_visible()

    await zoe.pane.get_by_role("button", name="Close details").click()
    page = zoe.person.page
    bar = page.get_by_role("complementary", name="Announcement")
    await expect(bar).to_be_visible()
    await bar.get_by_role("button", name="Close the announcement").click()
    await expect(bar).to_have_count(0)
    await zoe.person.reload()
    await expect(page.get_by_role("log")).to_be_visible()
    await expect(bar).to_have_count(0)


async def test_settings_are_the_same_at_once_for_two_administrators(look: Look) -> None:
    ada, ming = await asyncio.gather(look("ada"), look("xiaoming"))
    for details in (ada, ming):
        await details.go("Group settings")
    await ada.pane.get_by_label("Who gets in").select_option(label="After approval")
    await expect(ming.pane.get_by_label("Who gets in")).to_have_value("approval")
    await ming.pane.get_by_label("What new members see").select_option("since_joined")
    await expect(ada.pane.get_by_label("What new members see")).to_have_value("since_joined")
    await ming.pane.get_by_label("Slow mode").select_option(label="10 seconds")
    await expect(ada.pane.get_by_label("Slow mode")).to_have_value("10")
    for label in ("Channel", "Mute everybody"):
        await ada.pane.get_by_role("switch", name=label).click()
        await ada.confirm("Turn on")
        await expect(ming.pane.get_by_role("switch", name=label)).to_be_checked()
        await ming.pane.get_by_role("switch", name=label).click()
        await expect(ada.pane.get_by_role("switch", name=label)).not_to_be_checked()


async def test_the_owner_decides_which_role_may_do_what(look: Look) -> None:
    ada, zoe = await asyncio.gather(look("ada"), look("zoe"))
    await expect(zoe.button("Add people")).to_be_visible()
    await ada.go("Group settings")
    await ada.go("Permissions")
    radio = ada.pane.get_by_role("radio", name="Add people: Administrator and above")
    await radio.check()
    await expect(zoe.button("Add people")).to_have_count(0)
    radio = ada.pane.get_by_role("radio", name="Links and requests: Member and above")
    await radio.check()
    await expect(zoe.button("Links")).to_be_visible()

    await zoe.go("Permissions")
    for one in await zoe.pane.get_by_role("radio").all():
        await expect(one).to_be_disabled()


async def test_a_link_leads_into_the_group_after_signing_in(
    look: Look, arrive: Arrive, browser: Browser, team: Team, size: dict[str, int]
) -> None:
    ming = await look("xiaoming")
    await ming.go("Links")
    await ming.pane.get_by_label("Can be used").select_option(label="1")
    await ming.button("Make a link").click()
    sheet = ming.person.page.get_by_role("dialog", name=f"Link into {TITLE}")
    await expect(sheet.get_by_role("img", name="QR code of the link")).to_be_visible()
    link = await sheet.get_by_label("Link", exact=True).input_value()
    await ming.person.page.keyboard.press("Escape")
    await expect(ming.pane.get_by_text("used 0 of 1 times")).to_be_visible()

    tariq = await arrive(browser, "tariq", "Tariq Aziz", size)
    await visit(tariq, link)
    await tariq.sign_up_here()
    await expect(tariq.page.get_by_role("heading", name=TITLE)).to_be_visible()
    await expect(tariq.page.get_by_role("main").get_by_text("3 members")).to_be_visible()
    await tariq.button("Join the group").click()
    await expect(tariq.composer).to_be_visible()
    await tariq.say("Thanks for the link!")
    await visit(ming.person, f"/c/{team.id}")
    await ming.person.sees("Thanks for the link!")

    grace = await enter(arrive, browser, team, "grace", size)
    await visit(grace, link.replace("/join/", "/g/"))
    await expect(grace.page.get_by_text("This link does not work", exact=True)).to_be_visible()


async def test_a_link_is_revoked(
    look: Look, arrive: Arrive, browser: Browser, team: Team, size: dict[str, int]
) -> None:
    made = await team.act("xiaoming", "links")
    ming = await look("xiaoming")
    await ming.go("Links")
    await ming.button(f"Revoke the link {made['link']['code']}").click()
    await ming.confirm("Revoke")
    await expect(ming.pane.get_by_text("No links yet")).to_be_visible()
    grace = await enter(arrive, browser, team, "grace", size)
    await visit(grace, made["path"])
    await expect(grace.page.get_by_text("This link does not work", exact=True)).to_be_visible()


async def test_whoever_asks_to_join_is_let_in_or_refused(
    look: Look, arrive: Arrive, browser: Browser, team: Team, size: dict[str, int]
) -> None:
    await team.act("ada", "update", settings={"join": "approval"})
    made = await team.act("ada", "links")
    ming = await look("xiaoming")
    tariq, grace = await asyncio.gather(
        *(enter(arrive, browser, team, account, size) for account in ("tariq", "grace"))
    )
    for person in (tariq, grace):
        await visit(person, made["path"])
        await person.page.get_by_label("A word to those who decide").fill("Hello!")
        await person.button("Ask to join").click()
        await expect(person.page.get_by_text("You have asked to join.")).to_be_visible()

    await expect(ming.pane.get_by_role("button", name="Join requests 2")).to_be_visible()
    await ming.go("Join requests")
    await ming.button("Let Tariq in").click()
    await expect(tariq.composer).to_be_visible()
    await ming.button("Refuse Grace").click()
    await ming.confirm("Refuse")
    await expect(ming.pane.get_by_text("Nobody is waiting")).to_be_visible()
    await expect(grace.button("Ask to join")).to_be_visible()


async def test_the_owner_hands_the_group_over_and_leaves(look: Look, team: Team) -> None:
    ada, ming = await asyncio.gather(look("ada"), look("xiaoming"))
    await ada.button("Leave the group").click()
    await (
        ada.person.page.get_by_role("dialog").get_by_role("button", name="Choose a member").click()
    )
    await ada.choose(PEOPLE["xiaoming"], "Hand over the group")
    await ada.confirm("Hand over the group")
    await expect(ming.button("Dissolve the group")).to_be_visible()
    await ada.back()
    await expect(ada.button("Dissolve the group")).to_have_count(0)
    await ada.button("Leave the group").click()
    await ada.confirm("Leave the group")
    await expect(ada.person.page.get_by_text("No conversations yet")).to_be_visible()
    await expect(ming.member(PEOPLE["ada"])).to_have_count(0)


async def test_a_group_is_dissolved_only_by_typing_its_name(look: Look) -> None:
    ada, zoe = await asyncio.gather(look("ada"), look("zoe"))
    await ada.button("Dissolve the group").click()
    dialog = ada.person.page.get_by_role("dialog")
    button = dialog.get_by_role("button", name="Dissolve the group")
    await write(dialog.get_by_role("textbox"), "Release")
    await expect(button).to_be_disabled()
    await write(dialog.get_by_role("textbox"), TITLE)
    await button.click()
    for details in (ada, zoe):
        await expect(details.pane.get_by_text("This group was dissolved.")).to_be_visible()
        await expect(details.button("Add people")).to_have_count(0)


async def test_a_refusal_is_shown_with_its_reason(look: Look, team: Team) -> None:
    for _ in range(20):
        await team.act("ada", "links")
    ada = await look("ada")
    await ada.go("Links")
    await ada.button("Make a link").click()
    said = ada.person.page.get_by_text("There are as many of these as this server allows.")
    await expect(said).to_be_visible()


async def _view(team: Team, account: str) -> Any:
    return (await team.ask(account, "GET", f"/conversations/{team.id}"))["conversation"]


async def test_a_conversation_is_arranged_for_oneself(look: Look, team: Team) -> None:
    zoe = await look("zoe")
    await zoe.pane.get_by_label("Notifications").select_option(label="Mentions of me")
    await zoe.pane.get_by_role("switch", name="Pin to the top").click()
    async with asyncio.timeout(60):
        while not (await _view(team, "zoe")).get("pinned"):
            await asyncio.sleep(0.05)
    # The address of a phone shows the same on a desktop.
    page = zoe.person.page
    await page.goto(f"{page.url.split('/c/')[0]}/c/{team.id}/details")
    await expect(zoe.pane.get_by_label("Notifications")).to_have_value("mentions")
    await expect(zoe.pane.get_by_role("switch", name="Pin to the top")).to_be_checked()
    await zoe.go("Hide from the list")
    await expect(zoe.person.row(TITLE)).to_have_count(0)
    await team.ask(
        "ada", "POST", f"/conversations/{team.id}/messages", {"client_id": "a", "text": "Back?"}
    )
    await expect(zoe.person.row(TITLE)).to_be_visible()


async def test_members_are_found_by_name_and_listed_as_one_scrolls(look: Look, team: Team) -> None:
    many = [f"person{number:03}" for number in range(130)]
    for account in many:
        await team.account(account, f"Person {account[-3:]}")
    await team.act("ada", "members", members=[team.ids[account] for account in many])
    zoe = await look("zoe")
    await zoe.go("All members 133")
    rows = zoe.pane.get_by_role("listitem")
    await expect(rows.first).to_be_visible()
    assert await rows.count() < 60  # those out of sight are not on the page

    await zoe.pane.get_by_role("textbox", name="Search members").fill("Person 12")
    await expect(zoe.member("Person 129")).to_be_visible()
    await expect(zoe.member("Person 005")).to_have_count(0)
    await zoe.pane.get_by_role("textbox", name="Search members").fill("")
    await expect(rows.first).to_be_visible()
    await rows.first.hover()
    async with asyncio.timeout(60):
        while not await zoe.member("Person 129").is_visible():
            await zoe.person.page.mouse.wheel(0, 3_000)
            await zoe.person.page.wait_for_timeout(100)


async def test_every_page_of_the_details_is_free_of_serious_faults(look: Look, team: Team) -> None:
    await team.act("ada", "update", settings={"join": "approval"})
    await team.act("ada", "update", announcement="We tag on Thursday.")
    await team.act("ada", "links")
    ada = await look("ada")
    page = ada.person.page
    await expect(ada.member(PEOPLE["zoe"])).to_be_visible()
    await check_screen(page, "details")
    for label, name in {
        "All members": "members", "Join requests": "requests", "Links": "links",
        "Group settings": "settings",
    }.items():  # fmt: skip
        await ada.go(label)
        await check_screen(page, name)
        await ada.back()
    await ada.go("Group settings")
    await ada.go("Permissions")
    await check_screen(page, "permissions")
    await ada.back()
    await ada.member(PEOPLE["zoe"]).first.click()
    await check_screen(page, "a member")


async def test_a_group_is_made_with_its_picture(
    arrive: Arrive, browser: Browser, team: Team, size: dict[str, int], tmp_path: Path
) -> None:
    ada, zoe = await asyncio.gather(
        *(enter(arrive, browser, team, account, size) for account in ("ada", "zoe"))
    )
    file = tmp_path / "bridge.png"
    file.write_bytes(await ada.page.screenshot())
    await ada.button("New group").first.click()
    dialog = ada.page.get_by_role("dialog", name="New group")
    await write(dialog.get_by_label("Group name"), "Bridges")
    await write(dialog.get_by_role("textbox", name="Add people"), "zoe")
    await dialog.get_by_role("checkbox", name=PEOPLE["zoe"]).click()
    async with ada.page.expect_file_chooser() as choosing:
        await dialog.get_by_role("button", name="Choose the group's picture").click()
    await (await choosing.value).set_files(file)
    crop = ada.page.get_by_role("dialog", name="Choose the part to show")
    await crop.get_by_role("slider", name="Zoom").fill("2")
    await crop.get_by_role("application").press("ArrowLeft")
    await crop.get_by_role("button", name="Use picture").click()
    await expect(crop).to_have_count(0)
    await dialog.get_by_role("button", name="Create group").click()
    await expect(ada.composer).to_be_visible()

    await zoe.open_conversation("Bridges")
    picture = zoe.page.get_by_role("main").get_by_role("button", name="Bridges").locator("img")
    await expect(picture).to_have_js_property("naturalWidth", 256)


async def test_the_back_button_leads_out_of_the_details_on_a_phone(
    arrive: Arrive, browser: Browser, team: Team
) -> None:
    zoe = await enter(arrive, browser, team, "zoe", PHONE)
    await zoe.open_conversation(TITLE)
    details = await Details(zoe).open()
    await details.go("All members 3")
    await expect(details.pane.get_by_role("heading", name="Members")).to_be_visible()
    await zoe.page.go_back()
    await expect(details.pane.get_by_role("heading", name="Details")).to_be_visible()
    await zoe.page.go_back()
    await expect(details.pane).to_have_count(0)
    await expect(zoe.composer).to_be_visible()
    await visit(zoe, f"/c/{team.id}/members")
    await expect(details.member(PEOPLE["ada"])).to_be_visible()
    await details.back()
    await expect(details.pane.get_by_role("heading", name="Details")).to_be_visible()


async def test_a_member_is_removed_by_keyboard_alone(look: Look) -> None:
    ada = await look("ada")
    keys = ada.person.page.keyboard
    await ada.member(PEOPLE["zoe"]).focus()
    await keys.press("Enter")
    sheet = ada.person.page.get_by_role("dialog", name="Member")
    await sheet.get_by_role("button", name="Remove from the group").focus()
    await keys.press("Enter")
    question = ada.person.page.get_by_role("dialog", name="Remove Zoë Müller?")
    await question.get_by_role("button", name="Remove from the group").focus()
    await keys.press("Escape")
    await expect(question).to_have_count(0)
    await expect(ada.member(PEOPLE["zoe"])).to_be_visible()
    await ada.member(PEOPLE["zoe"]).focus()
    await keys.press("Enter")
    await sheet.get_by_role("button", name="Remove from the group").focus()
    await keys.press("Enter")
    await question.get_by_role("button", name="Remove from the group").focus()
    await keys.press("Enter")
    await expect(ada.member(PEOPLE["zoe"])).to_have_count(0)


async def test_the_address_of_an_open_group_leads_into_it(
    arrive: Arrive, browser: Browser, team: Team, size: dict[str, int]
) -> None:
    grace = await enter(arrive, browser, team, "grace", size)
    await visit(grace, f"/c/{team.id}")
    await expect(grace.page.get_by_text("This conversation does not exist")).to_be_visible()
    await expect(grace.button("Retry")).to_have_count(0)
    await grace.button("Back to chats").click()
    await expect(grace.page.get_by_role("region", name="Conversations")).to_be_visible()
    await visit(grace, f"/c/{team.id}")
    await team.act("ada", "update", settings={"join": "open"})
    await grace.reload()
    await grace.button("Join the group").click()
    await expect(grace.composer).to_be_visible()
    await grace.say("Here I am")
