import { ParlorError, type ErrorBody } from "./errors";
import type { User } from "./protocol";

/** What sign-up, sign-in and refresh give. */
export interface SignedIn {
  user: User;
  admin: boolean;
  token: string;
  refresh_token: string;
  expires_in_s: number;
}

/** What anybody may know of a server. `open_sign_up`: new accounts need no invitation. */
export interface ServerView {
  version: string;
  open_sign_up: boolean;
  languages: readonly string[];
  limits: {
    max_text_chars: number;
    max_title_chars: number;
    max_group_members: number;
    max_body_bytes: number;
  };
}

/** For whom a set-up link is; an empty `name` lets that person choose one. */
export interface SetUpLinkView {
  name: string;
  admin: boolean;
}

export interface NewAccount {
  name: string;
  password: string;
  displayName?: string;
}

const TIMEOUT_MS = 15_000;

/** The few HTTP routes that come before a link. Everything thrown is a ParlorError. */
export class Rest {
  constructor(
    private readonly baseUrl: string,
    private readonly fetch: typeof globalThis.fetch,
  ) {}

  server(): Promise<ServerView> {
    return this.call("GET", "/api/v1/server");
  }

  signUp(account: NewAccount, device: string): Promise<SignedIn> {
    return this.call("POST", "/api/v1/accounts", { ...asBody(account), device });
  }

  /** A one-time password is refused with new_password_needed without `newPassword`, which replaces it. */
  signIn(name: string, password: string, device: string, newPassword?: string): Promise<SignedIn> {
    const body = { name, password, device };
    return this.call("POST", "/api/v1/sessions", newPassword ? { ...body, new_password: newPassword } : body);
  }

  /** Spends `refreshToken`: of two calls with the same one, the second is refused. */
  refresh(refreshToken: string): Promise<SignedIn> {
    return this.call("POST", "/api/v1/sessions/refresh", { refresh_token: refreshToken });
  }

  /** Goes on when the page is left at once: the sign-in must not outlive it. */
  signOut(token: string): Promise<void> {
    return this.call("DELETE", "/api/v1/sessions/current", undefined, token, { keepalive: true });
  }

  setUpLink(token: string): Promise<SetUpLinkView> {
    return this.call("GET", `/api/v1/setup/${encodeURIComponent(token)}`);
  }

  redeemSetUpLink(token: string, account: NewAccount, device: string): Promise<SignedIn> {
    return this.call("POST", `/api/v1/setup/${encodeURIComponent(token)}`, { ...asBody(account), device });
  }

  /** `body` goes as JSON, or as it is when it is a file. */
  async call<T>(method: string, path: string, body?: unknown, token?: string, more: RequestInit = {}): Promise<T> {
    const headers: Record<string, string> = { Accept: "application/json" };
    const file = body instanceof Blob ? body : null;
    if (body !== undefined) headers["Content-Type"] = file ? file.type : "application/json";
    if (token !== undefined) headers["Authorization"] = `Bearer ${token}`;
    let response: Response;
    let text: string;
    try {
      response = await this.fetch(this.baseUrl + path, {
        method,
        headers,
        body: file ?? (body === undefined ? null : JSON.stringify(body)),
        cache: "no-store",
        credentials: "omit",
        signal: AbortSignal.timeout(TIMEOUT_MS),
        ...more,
      });
      text = await response.text();
    } catch {
      throw new ParlorError("unreachable", "The server cannot be reached.", true);
    }
    const value = parse(text);
    if (response.ok && value !== undefined) return value as T;
    throw refusal(response, value);
  }

  /** The whole of a file, of its own type; a slow link may take long. */
  async bytes(path: string, token: string): Promise<Blob> {
    let response: Response;
    try {
      response = await this.fetch(this.baseUrl + path, { headers: { Authorization: `Bearer ${token}` }, credentials: "omit" });
      if (response.ok) return await response.blob();
    } catch {
      throw new ParlorError("unreachable", "The server cannot be reached.", true);
    }
    throw refusal(response, parse(await response.text()));
  }
}

function asBody(account: NewAccount): { name: string; password: string; display_name?: string } {
  const { name, password, displayName } = account;
  return displayName ? { name, password, display_name: displayName } : { name, password };
}

/** The JSON value, null for an empty body, undefined for anything else. */
function parse(text: string): unknown {
  if (text === "") return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function refusal(response: Response, value: unknown): ParlorError {
  const error = (value as { error?: Partial<ErrorBody> } | null | undefined)?.error;
  if (typeof error?.code === "string") {
    return ParlorError.from({ message: "", ...error, code: error.code }, response.status);
  }
  // A proxy in between answers in its own way; its 5xx usually pass.
  return new ParlorError(
    "bad_reply", `The server answered ${response.status}.`, response.status >= 500, 0, response.status,
  );
}
