/** Files: uploaded in parts that go on where a link broke, and read by whoever can see their message. */
import { ParlorError } from "./errors";
import type { AttachedFile } from "./protocol";

export type FileKind = "file" | "picture";

/** An uploaded file, to be sent in a message. */
export interface UploadedFile extends AttachedFile {
  kind: FileKind;
  sha256: string;
}

interface Reply {
  upload: { id: string; offset: number } | null;
  file: UploadedFile | null;
}

export interface UploadHow {
  name: string;
  kind: FileKind;
  /** Bytes that the server has for good. */
  onProgress?: (bytes: number) => void;
  signal?: AbortSignal;
}

export type AskJson = <T>(method: string, path: string, body?: unknown, more?: RequestInit) => Promise<T>;
export type AskBytes = (path: string) => Promise<Blob>;

const PART_BYTES = 2 * 1024 * 1024;
const PART_TIMEOUT_MS = 120_000;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 15_000;

export class Files {
  constructor(
    private readonly ask: AskJson,
    private readonly askBytes: AskBytes,
    private readonly wait: (ms: number, signal?: AbortSignal) => Promise<void> = pause,
  ) {}

  /**
   * Upload `data`. While the server cannot be reached it waits and goes on, for as long as `signal`
   * is not aborted; rejects with what the server refuses, and with `aborted`.
   */
  async upload(data: Blob, { name, kind, onProgress, signal }: UploadHow): Promise<UploadedFile> {
    const begun = await this.patiently(signal, () => this.ask<Reply>("POST", "/api/v1/uploads", { name, size: data.size, kind }));
    const path = `/api/v1/uploads/${begun.upload!.id}`;
    const stop = (): void => void this.ask("DELETE", path).catch(() => undefined);
    signal?.addEventListener("abort", stop, { once: true });
    try {
      return await this.send(data, path, onProgress, signal);
    } catch (refused) {
      if (!signal?.aborted) stop();
      throw refused;
    } finally {
      signal?.removeEventListener("abort", stop);
    }
  }

  /** The bytes of a file, or of the small picture of a picture. */
  bytes(id: string, part: "file" | "thumbnail" = "file"): Promise<Blob> {
    return this.askBytes(`/api/v1/files/${encodeURIComponent(id)}${part === "file" ? "" : "/thumbnail"}`);
  }

  private async send(data: Blob, path: string, onProgress?: (bytes: number) => void, signal?: AbortSignal): Promise<UploadedFile> {
    let offset = 0;
    for (;;) {
      const part = new Blob([data.slice(offset, offset + PART_BYTES)], { type: "application/octet-stream" });
      const reply: Reply = await this.patiently(signal, (again) =>
        // After a break only the server knows how far it has come.
        again ? this.ask<Reply>("GET", path) : this.put(`${path}?offset=${offset}`, part, signal),
      );
      if (reply.file) {
        onProgress?.(data.size);
        return reply.file;
      }
      offset = reply.upload!.offset;
      onProgress?.(offset);
    }
  }

  private put(path: string, part: Blob, signal?: AbortSignal): Promise<Reply> {
    const patience = AbortSignal.timeout(PART_TIMEOUT_MS);
    return this.ask<Reply>("PUT", path, part, { signal: signal ? AbortSignal.any([signal, patience]) : patience });
  }

  /** `act` again after what may pass; `again` says that it is not the first time. */
  private async patiently<T>(signal: AbortSignal | undefined, act: (again: boolean) => Promise<T>): Promise<T> {
    for (let times = 0; ; times++) {
      if (signal?.aborted) throw new ParlorError("aborted", "It was given up.");
      try {
        return await act(times > 0);
      } catch (thrown) {
        const error = thrown as ParlorError;
        if (signal?.aborted) throw new ParlorError("aborted", "It was given up.");
        if (!error.retry) throw error;
        await this.wait(Math.max(error.retryAfterS * 1_000, Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** times)), signal);
      }
    }
  }
}

function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
