import fc from "fast-check";
import { expect, test } from "vitest";
import { Peer } from "../src/peer";
import { FakeAir, FakeConnection, FakeStream, FakeTrack } from "./support/fake_rtc";

type Name = "caller" | "callee";

interface Side {
  peer: Peer;
  connection: FakeConnection;
  remote: FakeStream;
}

/** Two peers; `carry` decides when a signal reaches the other side, in order per direction. */
function pair(carry: (deliver: () => Promise<void>, from: Name) => void): Record<Name, Side> {
  const air = new FakeAir();
  const make = (name: Name, other: () => Peer): Side => {
    const connection = new FakeConnection(air, {});
    const remote = new FakeStream();
    const peer = new Peer({
      polite: name === "callee",
      newConnection: () => connection as unknown as RTCPeerConnection,
      remote: remote as unknown as MediaStream,
      send: (kind, value) => {
        if (kind === "state") return;
        const carried = kind === "candidate" ? [value] : value;
        carry(() => other().hear(kind, carried), name);
      },
      onTrack: () => undefined,
      onState: () => undefined,
    });
    return { peer, connection, remote };
  };
  const caller: Side = make("caller", () => callee.peer);
  const callee: Side = make("callee", () => caller.peer);
  return { caller, callee };
}

const track = (kind: "audio" | "video"): MediaStreamTrack => new FakeTrack(kind) as unknown as MediaStreamTrack;
const kinds = (side: Side): string[] => side.remote.getTracks().map((one) => one.kind).sort();
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * The law: whatever either side does, however slowly signals travel and whichever are lost, once
 * both have repeated themselves (as they do when a link is back) both are stable and connected,
 * and each has exactly what the other sends.
 */
test("any interleaving of offers, restarts, late and lost signals ends in agreement", async () => {
  const step = fc.record({
    who: fc.constantFrom("caller" as const, "callee" as const),
    do: fc.constantFrom<"video" | "restart" | "carry" | "turn" | "repeat" | "lose">(
      "video", "restart", "carry", "turn", "repeat", "lose",
    ),
  });
  const begin = fc.record({ callerVideo: fc.boolean(), calleeVideo: fc.boolean(), calleeFirst: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(begin, fc.array(step, { maxLength: 20 }), async (begun, steps) => {
      const { callerVideo, calleeVideo, calleeFirst } = begun;
      const queues: Record<Name, (() => Promise<void>)[]> = { caller: [], callee: [] };
      const sides = pair((deliver, from) => queues[from].push(deliver));
      const video = { caller: callerVideo, callee: calleeVideo };
      for (const name of ["callee", "caller"] as const) {
        sides[name].peer.begin([track("audio"), ...(video[name] ? [track("video")] : [])]);
      }
      for (const { who, do: what } of steps) {
        if (what === "video") {
          await sides[who].peer.put("video", track("video"));
          video[who] = true;
        } else if (what === "restart") sides[who].peer.restart([]);
        else if (what === "repeat") sides[who].peer.repeat();
        else if (what === "lose") queues[who].shift();
        else if (what === "carry") await queues[who].shift()?.();
        else await turn();
      }
      const quiet = async (): Promise<void> => {
        for (let idle = 0; idle < 4; idle += 1) {
          await turn();
          for (const name of ["caller", "callee"] as const) {
            for (let deliver = queues[name].shift(); deliver; deliver = queues[name].shift()) {
              await deliver();
              await turn();
              idle = 0;
            }
          }
        }
      };
      if (calleeFirst) sides.callee.peer.repeat();
      sides.caller.peer.repeat();
      sides.callee.peer.repeat();
      await quiet();
      expect(sides.caller.connection.agreed).toBe(sides.callee.connection.agreed);
      for (const [name, other] of [["caller", "callee"], ["callee", "caller"]] as const) {
        expect(sides[name].connection.signalingState).toBe("stable");
        expect(sides[name].connection.connectionState).toBe("connected");
        expect(kinds(sides[name])).toEqual(video[other] ? ["audio", "video"] : ["audio"]);
      }
    }),
    { numRuns: 400 },
  );
});

test("a track that ends up unsent leaves nothing behind, and is replaced without negotiation", async () => {
  const { caller, callee } = pair((deliver) => void deliver());
  callee.peer.begin([track("audio")]);
  caller.peer.begin([track("audio"), track("video")]);
  for (let round = 0; round < 5; round += 1) await turn();
  await caller.peer.put("video", null);
  expect(caller.connection.sending).toEqual(["audio"]);
  await caller.peer.put("video", track("video"));
  expect(caller.connection.sending).toEqual(["audio", "video"]);
  expect(caller.connection.offers).toHaveLength(1);
});

test("tracks changed before the first offer go out with it", async () => {
  const { caller, callee } = pair((deliver) => void deliver());
  callee.peer.begin([track("audio")]);
  await callee.peer.put("video", track("video"));
  await callee.peer.put("audio", null);
  caller.peer.begin([track("audio"), track("video")]);
  for (let round = 0; round < 5; round += 1) await turn();
  expect(kinds(caller)).toEqual(["video"]);
});

test("a closed peer ignores what still arrives", async () => {
  const { caller, callee } = pair(() => undefined);
  caller.peer.begin([track("audio")]);
  callee.peer.close();
  await callee.peer.hear("offer", { sdp: JSON.stringify({ kinds: ["audio"], sends: ["audio"], ice: 1 }), n: 1 });
  callee.peer.restart([]);
  expect(callee.connection.signalingState).toBe("closed");
  expect(kinds(callee)).toEqual([]);
});

test("the late second answer to an offer said twice is not taken for the answer to a later offer", async () => {
  const toCallee: (() => Promise<void>)[] = [];
  const toCaller: (() => Promise<void>)[] = [];
  const { caller, callee } = pair((deliver, from) => (from === "caller" ? toCallee : toCaller).push(deliver));
  callee.peer.begin([track("audio")]);
  caller.peer.begin([track("audio")]);
  await turn();
  caller.peer.repeat();
  for (let deliver = toCallee.shift(); deliver; deliver = toCallee.shift()) await deliver();
  await turn();
  await toCaller.shift()?.();
  await caller.peer.put("video", track("video"));
  await turn();
  for (let round = 0; round < 6; round += 1) {
    await toCaller.shift()?.();
    await toCallee.shift()?.();
    await turn();
  }
  expect(kinds(callee)).toEqual(["audio", "video"]);
  expect(caller.connection.agreed).toBe(callee.connection.agreed);
});
