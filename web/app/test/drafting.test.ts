import { effectScope, ref } from "vue";
import { expect, test } from "vitest";

import { useDrafting, type Drafting } from "@/chat/composer/drafting";

interface Draft {
  text: string;
  reply_to: number;
}

/** The drafts of all devices, as one of them sees them. */
class Shared {
  draftNow: Draft = { text: "", reply_to: 0 };
  readonly said: Draft[] = [];
  private readonly listeners = new Set<(all: ReadonlyMap<string, string>) => void>();
  readonly all = {
    get: () => new Map([["9", this.draftNow.text]]),
    subscribe: (listener: (all: ReadonlyMap<string, string>) => void) => {
      this.listeners.add(listener);
      return () => this.listeners.delete(listener);
    },
  };

  draft(): Draft {
    return this.draftNow;
  }

  set(_id: string, text: string, reply_to = 0): void {
    this.said.push({ text, reply_to });
    this.hear(text, reply_to);
  }

  hear(text: string, reply_to = 0): void {
    this.draftNow = { text, reply_to };
    for (const listener of this.listeners) listener(this.all.get());
  }
}

function composer(shared: Shared, composing = () => false) {
  const scope = effectScope();
  const aims = { replyTo: ref(0), editing: ref(0) };
  const { text } = scope.run((): Drafting => useDrafting("9", shared, aims, () => "as it was", composing))!;
  return { text, ...aims, close: () => scope.stop() };
}

test("a composer opens with the draft, and what that answers", () => {
  const shared = new Shared();
  shared.hear("half a thought", 4);
  const { text, replyTo } = composer(shared);
  expect([text.value, replyTo.value]).toEqual(["half a thought", 4]);
  expect(shared.said).toEqual([]);
});

test("a draft that comes after the composer was opened shows in it, and so does its end", () => {
  const shared = new Shared();
  const { text, replyTo } = composer(shared);
  shared.hear("to be", 4);
  shared.hear("to be continued", 4);
  expect([text.value, replyTo.value]).toEqual(["to be continued", 4]);
  shared.hear("");
  expect([text.value, replyTo.value]).toEqual(["", 0]);
  // And nothing of that is said again as if it were this device's.
  expect(shared.said).toEqual([]);
});

test("what is typed here is not replaced", () => {
  const shared = new Shared();
  const { text } = composer(shared);
  shared.hear("from there");
  text.value = "from there and here";
  shared.hear("from there, later");
  expect(text.value).toBe("from there and here");
});

test("letters that an input method holds are not replaced", () => {
  const shared = new Shared();
  let holds = true;
  const { text } = composer(shared, () => holds);
  shared.hear("from there");
  expect(text.value).toBe("");
  holds = false;
  shared.hear("from there, later");
  expect(text.value).toBe("from there, later");
});

test("after sending, what another device writes shows", () => {
  const shared = new Shared();
  const { text } = composer(shared);
  text.value = "sent from here";
  text.value = "";
  shared.hear("to be continued");
  expect(text.value).toBe("to be continued");
});

test("an edit ends with what was being written before, or with what another device wrote since", () => {
  const shared = new Shared();
  const { text, editing } = composer(shared);
  text.value = "typed here";
  editing.value = 3;
  expect(text.value).toBe("as it was");
  text.value = "another wording";
  editing.value = 0;
  expect(text.value).toBe("typed here");
  text.value = "";
  editing.value = 3;
  shared.hear("from there");
  expect(text.value).toBe("as it was");
  editing.value = 0;
  expect(text.value).toBe("from there");
  expect(shared.said.map((one) => one.text)).toEqual(["typed here", ""]);
});

test("an answer that was begun during an edit is kept when the composer is left", () => {
  const shared = new Shared();
  const { text, editing, replyTo, close } = composer(shared);
  text.value = "typed here";
  editing.value = 3;
  replyTo.value = 2;
  close();
  expect(shared.draftNow).toEqual({ text: "typed here", reply_to: 2 });
});
