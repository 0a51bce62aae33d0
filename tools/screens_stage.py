"""The screens of one conversation: what people do with messages, told by REST and then walked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from tools.screenshots import Camera

TITLE = "Kitchen · 厨房"
PLAN = """Plan for **Friday**:
1. buy ~~flour~~ rice flour
2. `make dumplings`
> 记得带碗筷
See [the recipe](https://example.org/recipe)"""
CODE = """```python
for guest in guests:
    dumplings += 8
```"""


async def tell_the_stage(
    rest: httpx.AsyncClient, ada: str, lin: str, grace: str, ids: list[str]
) -> None:
    """A group in which every act was done once. `ada`, `lin`, `grace` are tokens, `ids` theirs."""

    async def post(token: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = await rest.post(path, json=body, headers={"Authorization": f"Bearer {token}"})
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    made = await post(ada, "/conversations", {"kind": "group", "members": ids[1:], "title": TITLE})
    path = f"/conversations/{made['conversation']['id']}"
    count = 0

    async def say(token: str, text: str, **more: Any) -> int:
        nonlocal count
        count += 1
        body = {"client_id": f"kitchen-{count}", "text": text, **more}
        seq: int = (await post(token, f"{path}/messages", body))["event"]["seq"]
        return seq

    async def act(token: str, seq: int, name: str, **body: Any) -> None:
        nonlocal count
        count += 1
        await post(token, f"{path}/events/{seq}/{name}", {"client_id": f"act-{count}", **body})

    plan = await say(ada, PLAN)
    await act(ada, plan, "pin")
    first = await say(lin, "我带醋和辣椒油")
    second = await say(grace, "I bring the big pot")
    await act(ada, second, "react", emoji="👍")
    await act(lin, second, "react", emoji="👍")
    await act(lin, second, "react", emoji="🎉")
    wrong = await say(grace, "Wrong chat, sorry")
    await act(grace, wrong, "recall")
    code = await say(lin, CODE)
    await act(ada, code, "react", emoji="😂")
    answer = await say(ada, "Which kind?", reply_to=first)
    await act(ada, answer, "edit", text="Black vinegar, I hope?")
    await post(
        ada,
        f"{path}/forward",
        {
            "seqs": [plan, first, second],
            "to": [made["conversation"]["id"]],
            "client_id": "merged",
            "merged": True,
            "text": "What we said",
        },
    )
    await say(grace, "@Ada Lovelace yes, and @林晓雨 has it", mentions=[ids[0], ids[1]])
    await say(ada, "The door code is 4711", expires_in_s=3_600, silent=True)


async def walk_stage(camera: Camera) -> None:
    """The stage of the group, its menu and its sheets."""
    page, say = camera.page, camera.say
    await camera.open_chat(TITLE)
    await page.get_by_role("region", name=say("message.pinnedMessages")).wait_for()
    await camera.shoot("60-stage")
    said = page.get_by_role("article").filter(has_text="big pot").last
    await said.get_by_role("button", name=say("message.menu")).focus()
    await page.keyboard.press("Enter")
    await page.get_by_role("menu").wait_for()
    await camera.shoot("61-message-menu")
    await page.get_by_role("menuitem", name=say("message.forward"), exact=True).click()
    await page.get_by_role("dialog").wait_for()
    await camera.shoot("62-forward")
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name=say("message.edited")).first.click()
    await page.get_by_text("Which kind?").first.wait_for()
    await camera.shoot("63-history")
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name=re.compile("What we said")).click()
    await page.get_by_role("dialog").wait_for()
    await camera.shoot("64-merged")
    await page.keyboard.press("Escape")
    await said.get_by_role("button", name=say("message.menu")).focus()
    await page.keyboard.press("Enter")
    await page.get_by_role("menuitem", name=say("message.pick"), exact=True).click()
    await camera.shoot("65-selecting")
    await camera.press("message.stopPicking")
    await said.get_by_role("button", name=say("message.menu")).focus()
    await page.keyboard.press("Enter")
    await page.get_by_role("menuitem", name=say("message.reply"), exact=True).click()
    composer = page.get_by_role("textbox", name=say("composer.label"), exact=True)
    await composer.press_sequentially("Thank you @")
    await page.get_by_role("listbox").wait_for()
    await camera.shoot("66-answer-with-a-mention")
    await page.keyboard.press("Escape")
    await composer.fill("See you")
    await camera.press("composer.options")
    await camera.shoot("67-ways-to-send")
    await page.get_by_role("menuitem", name=say("composer.later")).click()
    await page.get_by_role("dialog").wait_for()
    await camera.shoot("68-send-later")
    await page.keyboard.press("Escape")
    await composer.fill("")
    await page.wait_for_timeout(1_000)
