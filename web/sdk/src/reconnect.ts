/**
 * What to do after a connection ended: the rules of the close-code registry as a function.
 * 40xx: again now. 41xx: after the time in the reason. 42xx: not by yourself.
 */
import type { BackOff, CloseCode } from "./protocol";

export type Next =
  | { do: "again"; afterMs: number }
  | { do: "renew" } // get another token, then again
  | { do: "stop" };

export const UNAUTHENTICATED = 4201 satisfies CloseCode;
export const SIGNED_OUT = 4202 satisfies CloseCode;
export const BANNED = 4206 satisfies CloseCode;
/** Another device took this one's place: to the person it is signed out. */
export const DEVICE_REPLACED = 4207 satisfies CloseCode;
export const DRAINING = 4100 satisfies CloseCode;
export const OVERLOADED = 4101 satisfies CloseCode;
export const PROTOCOL_ERROR = 1002 satisfies CloseCode;
/** What a browser reports when there was no close frame (RFC 6455 §7.1.5). */
export const ABNORMAL = 1006;

/** What holds until a server has said otherwise in its hello reply. */
export const BACK_OFF: BackOff = { first_s: 0.5, longest_s: 30 };

/** Exponential with jitter: the upper half of 0.5 s, 1 s, 2 s … 30 s. `random` is in [0, 1). */
export function backOffMs(attempt: number, random: number, told: BackOff = BACK_OFF): number {
  const wholeS = Math.min(told.longest_s, told.first_s * 2 ** Math.min(attempt, 16));
  return Math.round(1000 * wholeS * (0.5 + 0.5 * random));
}

/** `name after_s=2.5` as { name, afterS }. */
export function parseReason(reason: string): { name: string; afterS: number } {
  const [name = "", ...rest] = reason.split(" ");
  const told = rest.map((part) => /^after_s=(\d+(?:\.\d+)?)$/.exec(part)?.[1]).find(Boolean);
  return { name, afterS: told === undefined ? 0 : Number(told) };
}

/**
 * `attempt` counts failures since the link last held for a while. Codes under 4000 may come from
 * something in between, such as a proxy that restarts, so none of them is final.
 */
export function afterClose(
  code: number,
  reason: string,
  attempt: number,
  random: number,
  told: BackOff = BACK_OFF,
): Next {
  if (code === UNAUTHENTICATED) return { do: "renew" };
  if (code >= 4200 && code < 4300) return { do: "stop" };
  if (code >= 4100 && code < 4200) {
    const { afterS } = parseReason(reason);
    // The server spreads its clients already; a little more keeps equal numbers apart.
    const afterMs = afterS > 0 ? afterS * 1000 + random * 500 : backOffMs(attempt + 1, random, told);
    return { do: "again", afterMs: Math.round(afterMs) };
  }
  if (code >= 4000 && code < 4100 && attempt === 0) return { do: "again", afterMs: 0 };
  return { do: "again", afterMs: backOffMs(attempt, random, told) };
}
