import { expect, test } from "vitest";
import { surroundings } from "../src/environment";
import { Siblings, type Word } from "../src/siblings";
import { Turn } from "../src/turn";
import { FakeChannels, FakeLocks } from "./support/browser";

const soon = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
};

function tab(locks: FakeLocks | null): { turn: Turn; taken: () => number } {
  let taken = 0;
  return { turn: new Turn(locks, () => (taken += 1)), taken: () => taken };
}

test("of those who wait one has the turn, and the next when it is given up", async () => {
  const locks = new FakeLocks();
  const [one, two] = [tab(locks), tab(locks)];
  one.turn.wait("a");
  two.turn.wait("a");
  await soon();
  expect([one.turn.held, two.turn.held]).toEqual([true, false]);
  one.turn.giveUp();
  await soon();
  expect([one.turn.held, two.turn.held]).toEqual([false, true]);
  expect([one.taken(), two.taken()]).toEqual([1, 1]);
});

test("who stops waiting is not given the turn, and who asks again waits anew", async () => {
  const locks = new FakeLocks();
  const [one, two] = [tab(locks), tab(locks)];
  one.turn.wait("a");
  two.turn.wait("a");
  two.turn.giveUp();
  one.turn.giveUp();
  await soon();
  expect(two.turn.held).toBe(false);
  one.turn.wait("a");
  await soon();
  expect([one.turn.held, one.taken(), two.taken()]).toEqual([true, 2, 0]);
});

test("turns of different people have nothing to do with each other", async () => {
  const locks = new FakeLocks();
  const [ann, bob] = [tab(locks), tab(locks)];
  ann.turn.wait("ann");
  bob.turn.wait("bob");
  await soon();
  expect([ann.turn.held, bob.turn.held]).toEqual([true, true]);
});

test("tabs that cannot know of each other each have a turn", () => {
  const [one, two] = [tab(null), tab(null)];
  one.turn.wait("a");
  two.turn.wait("a");
  expect([one.turn.held, two.turn.held, one.turn.exclusive]).toEqual([true, true, false]);
});

test("a word is heard by the other tabs of the same person only", async () => {
  const { openChannel } = new FakeChannels();
  const heard: string[] = [];
  const listen = (user: string, name: string): Siblings => {
    const siblings = new Siblings(surroundings({ openChannel }), () => user);
    siblings.heard.on(() => heard.push(name));
    return siblings;
  };
  const [one] = [listen("ann", "one"), listen("ann", "two"), listen("bob", "bob")];
  const gone = listen("ann", "gone");
  const act = { user: "ann", client_id: "c1" };
  one.say({ what: "dropped", act } as Word);
  gone.close();
  await soon();
  expect(heard).toEqual(["two"]);
});

test("without channels a tab talks to nobody", () => {
  const alone = new Siblings(surroundings({ openChannel: () => null }), () => "ann");
  expect(() => alone.say({ what: "dropped", act: { user: "ann" } } as Word)).not.toThrow();
  alone.close();
});
