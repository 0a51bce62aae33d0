/** How long a text is as the server counts it: code points after NFC, line ends as one. */
export function charactersOf(text: string): number {
  // A text below the limit in UTF-16 units needs no exact count; a long one is rare.
  if (text.length < 1_000) return text.length;
  let count = 0;
  for (const _ of text.normalize("NFC").replace(/\r\n/g, "\n")) count++;
  return count;
}
