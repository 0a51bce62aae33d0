/** What an app sees of a call. */
import type { MediaProblem } from "./media";
import type { CallOutcome, Media } from "./protocol";
import type { CallQuality } from "./quality";

export type CallPhase =
  | "starting" // outgoing: asking for the microphone, telling the server
  | "inviting" // outgoing: no device of the other person shows it yet
  | "ringing" // outgoing: it rings there
  | "incoming" // it rings here
  | "answering" // accepted here, waiting for microphone and server
  | "connecting" // both said yes, media on its way
  | "connected"
  | "reconnecting" // media broke off and is being repaired
  | "ended";

export type CallEnd =
  | CallOutcome // as the server records it
  | "answered_elsewhere"
  | "could_not_connect"
  | "connection_lost"
  | "gone"; // the server does not know it any more

export interface CallSnapshot {
  /** "" while starting. */
  id: string;
  conversationId: string;
  direction: "incoming" | "outgoing";
  /** User id; "" while an outgoing call starts. */
  peer: string;
  /** As it was started. */
  media: Media;
  phase: CallPhase;
  /** Wall clock of the first connection, milliseconds; 0 before. */
  connectedAt: number;
  /** Show it muted. */
  localStream: MediaStream | null;
  remoteStream: MediaStream | null;
  microphone: { on: boolean; problem: MediaProblem | null };
  camera: { on: boolean; problem: MediaProblem | null };
  /** What the other side says of its own. */
  remoteMicrophone: boolean;
  remoteCamera: boolean;
  quality: CallQuality | null;
  end: CallEnd | null;
  /** From answer to end; 0 when never answered. */
  durationS: number;
}
