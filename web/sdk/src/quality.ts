/** How well a call gets through, from two readings of RTCPeerConnection.getStats (W3C WebRTC Stats). */

export interface CallQuality {
  level: "good" | "fair" | "poor";
  /** There and back; null before it was measured. */
  rttMs: number | null;
  /** Of the packets that should have come since the last reading; null when none should have. */
  lossPercent: number | null;
  receivedKbps: number;
  sentKbps: number;
  /** Through a TURN server. */
  relayed: boolean;
}

export interface Reading {
  atMs: number;
  rttMs: number | null;
  received: number;
  lost: number;
  bytesIn: number;
  bytesOut: number;
  relayed: boolean;
}

type Report = Readonly<Record<string, unknown>>;

export function read(reports: Iterable<Report>, atMs: number): Reading {
  const all = [...reports];
  const byId = new Map(all.map((report) => [report["id"], report]));
  const transport = all.find((report) => report["type"] === "transport" && report["selectedCandidatePairId"]);
  const pair = transport
    ? byId.get(transport["selectedCandidatePairId"])
    : all.find((one) => one["type"] === "candidate-pair" && one["nominated"] && one["state"] === "succeeded");
  const local = byId.get(pair?.["localCandidateId"]);
  const inbound = all.filter((report) => report["type"] === "inbound-rtp");
  const rttS = pair?.["currentRoundTripTime"];
  return {
    atMs,
    rttMs: typeof rttS === "number" ? Math.round(rttS * 1000) : null,
    received: sum(inbound, "packetsReceived"),
    lost: sum(inbound, "packetsLost"),
    bytesIn: sum(inbound, "bytesReceived"),
    bytesOut: sum(all.filter((report) => report["type"] === "outbound-rtp"), "bytesSent"),
    relayed: local?.["candidateType"] === "relay",
  };
}

/** `packetsLost` may shrink (RFC 3550 §6.4.1 counts duplicates against it). */
export function compare(before: Reading, now: Reading): CallQuality {
  const seconds = Math.max(0.001, (now.atMs - before.atMs) / 1000);
  const lost = Math.max(0, now.lost - before.lost);
  const expected = lost + Math.max(0, now.received - before.received);
  const lossPercent = expected > 0 ? (100 * lost) / expected : null;
  return {
    level: level(now.rttMs ?? 0, lossPercent ?? 0),
    rttMs: now.rttMs,
    lossPercent: lossPercent === null ? null : Math.round(lossPercent * 10) / 10,
    receivedKbps: kbps(now.bytesIn - before.bytesIn, seconds),
    sentKbps: kbps(now.bytesOut - before.bytesOut, seconds),
    relayed: now.relayed,
  };
}

function level(rttMs: number, lossPercent: number): CallQuality["level"] {
  if (lossPercent > 8 || rttMs > 600) return "poor";
  return lossPercent > 2 || rttMs > 300 ? "fair" : "good";
}

function kbps(bytes: number, seconds: number): number {
  return Math.max(0, Math.round((bytes * 8) / 1000 / seconds));
}

function sum(reports: readonly Report[], key: string): number {
  return reports.reduce((total, report) => {
    const value = report[key];
    return total + (typeof value === "number" ? value : 0);
  }, 0);
}
