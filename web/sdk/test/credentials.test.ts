import { expect, test } from "vitest";
import { Credentials } from "../src/credentials";
import { surroundings } from "../src/environment";
import { ParlorError } from "../src/errors";
import { Rest, type SignedIn } from "../src/rest";
import { FakeLocks, MapShelf } from "./support/browser";

const signedIn = (n: number, id = "1"): SignedIn => ({
  user: { id, name: "ann", display_name: "Ann", avatar: "" },
  admin: false,
  token: `t${n}`,
  refresh_token: `r${n}`,
  expires_in_s: 60,
});

/** Refresh tokens that can be spent once, as on the server. */
class Server extends Rest {
  spent: string[] = [];
  failure: ParlorError | null = null;

  constructor() {
    super("", () => Promise.reject(new Error("no network")));
  }

  override async refresh(refreshToken: string): Promise<SignedIn> {
    await Promise.resolve();
    if (this.failure) throw this.failure;
    if (this.spent.includes(refreshToken)) throw new ParlorError("unauthenticated", "", false, 0, 401);
    this.spent.push(refreshToken);
    return signedIn(this.spent.length + 1);
  }
}

function tab(server: Server, shelf: MapShelf, locks = new FakeLocks(), page = new EventTarget()): Credentials {
  return new Credentials(surroundings({ shelf, locks, page }), server);
}

test("who signed in is still known after a reload, and no more after signing out", () => {
  const shelf = new MapShelf();
  tab(new Server(), shelf).keep(signedIn(1));
  expect(tab(new Server(), shelf).kept()).toMatchObject({ token: "t1", user: { name: "ann" } });
  tab(new Server(), shelf).forget();
  expect(tab(new Server(), shelf).kept()).toBeNull();
});

test("spoilt storage means nobody is signed in", () => {
  const shelf = new MapShelf();
  shelf.setItem("parlor.signed_in", "{");
  expect(tab(new Server(), shelf).kept()).toBeNull();
});

test("many callers and many tabs spend one refresh token once", async () => {
  const [server, shelf, locks] = [new Server(), new MapShelf(), new FakeLocks()];
  const [one, two] = [tab(server, shelf, locks), tab(server, shelf, locks)];
  one.keep(signedIn(1));
  const renewals = await Promise.all([one.renew("t1"), one.renew("t1"), two.renew("t1")]);
  expect(renewals).toEqual(["renewed", "renewed", "renewed"]);
  expect(server.spent).toEqual(["r1"]);
  expect(two.kept()).toMatchObject({ token: "t2", refreshToken: "r2" });
});

test("a refused refresh is final, an unreachable server is not", async () => {
  const [server, shelf] = [new Server(), new MapShelf()];
  const one = tab(server, shelf);
  one.keep(signedIn(1));
  server.failure = new ParlorError("unreachable", "", true);
  expect(await one.renew("t1")).toBe("unreachable");
  server.failure = new ParlorError("bad_reply", "", true, 0, 502);
  expect(await one.renew("t1")).toBe("unreachable");
  server.failure = new ParlorError("rate_limited", "", true, 0, 429);
  expect(await one.renew("t1")).toBe("unreachable");
  server.failure = new ParlorError("unauthenticated", "", false, 0, 401);
  expect(await one.renew("t1")).toBe("refused");
});

test("a tab notices that another one signed out or changed person, not that it refreshed", () => {
  const shelf = new MapShelf();
  const page = new EventTarget();
  const [here, there] = [tab(new Server(), shelf, undefined, page), tab(new Server(), shelf)];
  here.keep(signedIn(1));
  let changes = 0;
  here.changedElsewhere.on(() => (changes += 1));
  there.keep(signedIn(2));
  page.dispatchEvent(new Event("storage"));
  expect(changes).toBe(0);
  there.keep(signedIn(3, "2"));
  page.dispatchEvent(new Event("storage"));
  expect(changes).toBe(1);
  there.forget();
  page.dispatchEvent(new Event("storage"));
  expect(changes).toBe(2);
});

test("the device keeps its name over sign-ins", () => {
  const shelf = new MapShelf();
  const one = tab(new Server(), shelf);
  const device = one.device();
  expect(device).toMatch(/^[0-9a-f-]{36}$/);
  one.forget();
  expect(tab(new Server(), shelf).device()).toBe(device);
});
