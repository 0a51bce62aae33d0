import { ERRORS, type ErrorCode } from "./protocol";

/** Codes that the SDK adds to those of the server. */
export type LocalErrorCode =
  | "offline" // there is no link now, or it broke before the answer: it may have been done
  | "unreachable" // no answer over HTTP
  | "timed_out"
  | "aborted"
  | "bad_reply" // an answer that is not Parlor's, such as a proxy's page
  | "signed_out";

/** What the server sends in place of a result. */
export interface ErrorBody {
  code: string;
  message: string;
  retry?: boolean;
  retry_after_s?: number;
}

/**
 * A refusal or failure with a stable code.
 *
 * `message` is the server's English sentence; an app shows its own words where it knows `code`.
 * `retry` says whether the very same request can succeed later. A code that is newer than this
 * SDK arrives as it is.
 */
export class ParlorError extends Error {
  override readonly name = "ParlorError";

  constructor(
    readonly code: ErrorCode | LocalErrorCode,
    message: string,
    readonly retry = false,
    readonly retryAfterS = 0,
    readonly status = 0,
  ) {
    super(message);
  }

  static from(body: ErrorBody, status = 0): ParlorError {
    const code = body.code as ErrorCode;
    const known = Object.hasOwn(ERRORS, code) ? ERRORS[code] : undefined;
    return new ParlorError(
      code,
      body.message || (known?.meaning ?? code),
      body.retry ?? known?.retry ?? false,
      body.retry_after_s ?? 0,
      status || (known?.status ?? 0),
    );
  }
}

export const offline = (): ParlorError =>
  new ParlorError("offline", "There is no connection to the server.", true);

/** Any thrown thing as a ParlorError, for states that keep their error. */
export function asParlorError(thrown: unknown): ParlorError {
  if (thrown instanceof ParlorError) return thrown;
  return new ParlorError("bad_reply", thrown instanceof Error ? thrown.message : String(thrown));
}
