import type { Environment } from "./environment";
import { randomId } from "./environment";
import { ParlorError } from "./errors";
import { Happening } from "./observable";
import type { User } from "./protocol";
import type { Rest, SignedIn } from "./rest";

const KEPT_UNDER = "parlor.signed_in";
const DEVICE_UNDER = "parlor.device";

export interface Kept {
  user: User;
  admin: boolean;
  token: string;
  refreshToken: string;
}

export type Renewal = "renewed" | "refused" | "unreachable";

/**
 * Who is signed in in this browser, shared by its tabs.
 *
 * A refresh token can be spent once, so tabs take turns (Web Locks) and look first whether
 * another one has done it already.
 */
export class Credentials {
  /** Another tab signed in as somebody else, or out. */
  readonly changedElsewhere = new Happening<void>();
  private renewing: Promise<Renewal> | null = null;
  private person: string | null;

  constructor(
    private readonly environment: Environment,
    private readonly rest: Rest,
  ) {
    this.person = this.kept()?.user.id ?? null;
    environment.page?.addEventListener("storage", () => {
      const now = this.kept()?.user.id ?? null;
      if (now === this.person) return;
      this.person = now;
      this.changedElsewhere.emit();
    });
  }

  /** Names this browser profile towards the server; survives signing out. */
  device(): string {
    const known = this.environment.shelf.getItem(DEVICE_UNDER);
    if (known) return known;
    const made = randomId();
    this.environment.shelf.setItem(DEVICE_UNDER, made);
    return made;
  }

  kept(): Kept | null {
    const text = this.environment.shelf.getItem(KEPT_UNDER);
    if (text === null) return null;
    try {
      const kept = JSON.parse(text) as Kept;
      return kept.token && kept.user.id ? kept : null;
    } catch {
      return null;
    }
  }

  keep(signedIn: SignedIn): Kept {
    const kept: Kept = {
      user: signedIn.user,
      admin: signedIn.admin,
      token: signedIn.token,
      refreshToken: signedIn.refresh_token,
    };
    this.person = kept.user.id;
    this.environment.shelf.setItem(KEPT_UNDER, JSON.stringify(kept));
    return kept;
  }

  /** Remember what a hello said of the person, without touching the tokens. */
  know(user: User, admin: boolean): void {
    const kept = this.kept();
    if (kept?.user.id !== user.id) return;
    this.environment.shelf.setItem(KEPT_UNDER, JSON.stringify({ ...kept, user, admin }));
  }

  forget(): void {
    this.person = null;
    this.environment.shelf.removeItem(KEPT_UNDER);
  }

  /** Get a token that is not `used`, which the server refused. Many callers share one refresh. */
  renew(used: string): Promise<Renewal> {
    this.renewing ??= this.inTurn(() => this.refresh(used)).finally(() => {
      this.renewing = null;
    });
    return this.renewing;
  }

  private inTurn<T>(run: () => Promise<T>): Promise<T> {
    const { locks } = this.environment;
    return locks ? locks.request("parlor.refresh", { mode: "exclusive" }, run) : run();
  }

  private async refresh(used: string): Promise<Renewal> {
    const kept = this.kept();
    if (kept === null) return "refused";
    if (kept.token !== used) return "renewed";
    try {
      const fresh = await this.rest.refresh(kept.refreshToken);
      if (this.kept() === null) return "refused"; // signed out meanwhile
      this.keep(fresh);
      return "renewed";
    } catch (thrown) {
      const error = thrown as ParlorError;
      const final = error.status >= 400 && error.status < 500 && !error.retry;
      return final ? "refused" : "unreachable";
    }
  }
}
