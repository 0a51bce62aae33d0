import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Ask } from "../src/ask";
import { ParlorError } from "../src/errors";
import { SignalLine } from "../src/signal_line";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const settled = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

function line(failures: ParlorError[] = []): { line: SignalLine; sent: [string, unknown][] } {
  const sent: [string, unknown][] = [];
  const ask = (async (_: string, params: { kind: string; payload: string }) => {
    await Promise.resolve();
    const failure = failures.shift();
    if (failure) throw failure;
    sent.push([params.kind, JSON.parse(params.payload)]);
    return {};
  }) as unknown as Ask;
  return { line: new SignalLine(ask, "7"), sent };
}

test("signals arrive in order and waiting candidates together", async () => {
  const { line: out, sent } = line();
  out.send("offer", { sdp: "o" });
  out.send("candidate", { candidate: "1" });
  out.send("candidate", { candidate: "2" });
  out.send("state", { camera: true });
  out.send("candidate", { candidate: "3" });
  await settled();
  expect(sent).toEqual([
    ["offer", { sdp: "o" }],
    ["candidate", [{ candidate: "1" }, { candidate: "2" }]],
    ["state", { camera: true }],
    ["candidate", [{ candidate: "3" }]],
  ]);
});

test("without a link they wait, still in order", async () => {
  const { line: out, sent } = line([new ParlorError("offline", "", true)]);
  out.send("offer", { sdp: "o" });
  await settled();
  out.send("candidate", { candidate: "1" });
  await settled();
  expect(sent.map(([kind]) => kind)).toEqual(["offer", "candidate"]);
});

test("a passing refusal is tried again, a final one dropped", async () => {
  const { line: out, sent } = line([new ParlorError("rate_limited", "", true, 2), new ParlorError("too_large", "")]);
  out.send("offer", { sdp: "o" });
  out.send("state", {});
  await settled();
  expect(sent).toEqual([]);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(sent.map(([kind]) => kind)).toEqual(["state"]);
});

test("a closed line says nothing more", async () => {
  const { line: out, sent } = line([new ParlorError("overloaded", "", true)]);
  out.send("offer", { sdp: "o" });
  await settled();
  out.close();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(sent).toEqual([]);
});
