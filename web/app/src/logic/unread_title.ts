/** The page's title and icon: how many messages wait, as a person reads it at a glance. */

export function countText(count: number): string {
  return count > 99 ? "99+" : String(count);
}

export function pageTitle(app: string, where: string, unread: number): string {
  const title = where === "" ? app : `${where} · ${app}`;
  return unread > 0 ? `(${countText(unread)}) ${title}` : title;
}

/** The app's icon with a red badge, as a data: address. */
export function iconWithBadge(unread: number): string {
  if (unread <= 0) return "/icons/icon.svg";
  const text = unread > 9 ? "9+" : String(unread);
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><rect width="64" height="64" rx="15" fill="#5a3fd0"/>` +
    `<path fill="#fff" fill-rule="evenodd" d="M33 13a17 17 0 1 1-8.6 31.7V52a1 1 0 0 1-1.7.7l-5.4-5.2A4.5 4.5 0 0 1 16 44.3V30a17 17 0 0 1 17-17Zm0 9.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15Z"/>` +
    `<circle cx="45" cy="45" r="19" fill="#be2736"/><text x="45" y="54" text-anchor="middle" ` +
    `font-family="sans-serif" font-size="26" font-weight="700" fill="#fff">${text}</text></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}
