/** Links into a group, as people send them. */

/** The same as the server's own `path`, which only making a link tells. */
export function linkOf(code: string): string {
  return `${window.location.origin}/join/${encodeURIComponent(code)}`;
}

/** False where the browser does not let the page copy. */
export async function copied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
