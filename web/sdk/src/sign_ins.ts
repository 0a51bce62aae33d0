/** What this person is signed in on. Needs a link; rejects with a ParlorError. */
import type { Ask } from "./ask";
import type { Device } from "./protocol";

export class SignIns {
  constructor(private readonly ask: Ask) {}

  /** The last seen first; this one is `current`. */
  async list(): Promise<readonly Device[]> {
    return (await this.ask("device.list", {})).devices;
  }

  /** The name as the server keeps it. */
  async rename(device: string, label: string): Promise<string> {
    return (await this.ask("device.rename", { device, label })).label;
  }

  /** Its connections end at once, and it forgets what it kept when it next comes. */
  async signOut(device: string): Promise<void> {
    await this.ask("device.sign_out", { device });
  }

  /** All but this one; how many there were. */
  async signOutOthers(): Promise<number> {
    return (await this.ask("device.sign_out_others", {})).ended;
  }
}
