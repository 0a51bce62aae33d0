/** One way to carry messages to the server and back; the link above does not see which. */
export interface Line {
  readonly way: Way;
  /** In order. What is sent before `onOpen` may be lost. */
  send(text: string): void;
  /** Let go of it; nothing is told from then on. */
  close(): void;
}

export type Way = "websocket" | "http";

/** What a line tells. Nothing comes after `onClose`. */
export interface LineEvents {
  onOpen(): void;
  onText(text: string): void;
  /** `code` as in the registry of close codes, ABNORMAL (1006) when nobody said why. */
  onClose(code: number, reason: string): void;
}
