import { expect, test } from "vitest";
import { compare, read } from "../src/quality";

const reports = (received: number, lost: number, rttS = 0.05): Record<string, unknown>[] => [
  { id: "T", type: "transport", selectedCandidatePairId: "P" },
  { id: "P", type: "candidate-pair", currentRoundTripTime: rttS, localCandidateId: "L" },
  { id: "L", type: "local-candidate", candidateType: "relay" },
  { id: "A", type: "inbound-rtp", packetsReceived: received, packetsLost: lost, bytesReceived: received * 100 },
  { id: "O", type: "outbound-rtp", bytesSent: received * 50 },
];

test("two readings give rates, loss and round trip", () => {
  const [before, now] = [read(reports(100, 0), 0), read(reports(290, 10), 2_000)];
  expect(compare(before, now)).toEqual({
    level: "fair", rttMs: 50, lossPercent: 5, receivedKbps: 76, sentKbps: 38, relayed: true,
  });
});

test("loss or delay makes it poor, silence is not loss", () => {
  const none = read(reports(0, 0), 0);
  expect(compare(none, read(reports(80, 20), 2_000)).level).toBe("poor");
  expect(compare(none, read(reports(100, 0, 0.7), 2_000)).level).toBe("poor");
  expect(compare(none, read(reports(0, 0), 2_000))).toMatchObject({ level: "good", lossPercent: null });
});

test("a count that shrinks, as late packets make it, is no negative loss", () => {
  expect(compare(read(reports(100, 10), 0), read(reports(200, 5), 2_000)).lossPercent).toBe(0);
});

test("browsers without transport reports name the nominated pair", () => {
  const pair = { id: "P", type: "candidate-pair", nominated: true, state: "succeeded", currentRoundTripTime: 0.1 };
  expect(read([pair], 0)).toMatchObject({ rttMs: 100, relayed: false });
  expect(read([], 0)).toMatchObject({ rttMs: null, received: 0 });
});
