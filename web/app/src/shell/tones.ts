/** Sounds made in the browser: a soft note for a message, a ring for a call, a ringback for the caller. */

let context: AudioContext | null = null;

/** Null until the person did something on the page: before, a browser stays silent and complains. */
function opened(): AudioContext | null {
  if (typeof AudioContext === "undefined" || navigator.userActivation?.hasBeenActive === false) return null;
  context ??= new AudioContext();
  if (context.state === "suspended") void context.resume();
  return context;
}

function note(audio: AudioContext, out: AudioNode, hertz: number, at: number, lengthS: number, loud: number): void {
  const tone = audio.createOscillator();
  const level = audio.createGain();
  tone.type = "sine";
  tone.frequency.value = hertz;
  level.gain.setValueAtTime(0, at);
  level.gain.linearRampToValueAtTime(loud, at + 0.015);
  level.gain.exponentialRampToValueAtTime(0.0001, at + lengthS);
  tone.connect(level).connect(out);
  tone.start(at);
  tone.stop(at + lengthS + 0.05);
}

export function playMessage(): void {
  const audio = opened();
  if (audio === null) return;
  note(audio, audio.destination, 740, audio.currentTime, 0.18, 0.09);
  note(audio, audio.destination, 988, audio.currentTime + 0.09, 0.26, 0.08);
}

const PHRASES = {
  // A rising broken chord, every two seconds: it rings here.
  ring: { everyMs: 2_000, notes: [[587, 0], [740, 0.16], [880, 0.32], [740, 0.6], [880, 0.76]], lengthS: 0.34, loud: 0.16 },
  // One long low note every four seconds: it rings there.
  ringback: { everyMs: 4_000, notes: [[440, 0]], lengthS: 1.1, loud: 0.05 },
} as const;

/** Repeats until the returned function is called. Tries again each round, should the page wake up meanwhile. */
export function startRinging(phrase: keyof typeof PHRASES): () => void {
  const { everyMs, notes, lengthS, loud } = PHRASES[phrase];
  let out: GainNode | null = null;
  const round = (): void => {
    const audio = opened();
    if (audio === null) return;
    if (out === null) {
      out = audio.createGain();
      out.connect(audio.destination);
    }
    for (const [hertz, after] of notes) note(audio, out, hertz, audio.currentTime + after, lengthS, loud);
  };
  round();
  const timer = setInterval(round, everyMs);
  return () => {
    clearInterval(timer);
    // Cuts what is sounding, too: a ring must end the moment that somebody answers.
    out?.disconnect();
  };
}
