/** What a file is called on screen: how large it is, and what to say where it is not drawn. */
import type { AttachedFile } from "@parlor/sdk";

import { i18n } from "@/i18n";

import { plainOf } from "./markdown";

const UNITS = ["B", "kB", "MB", "GB", "TB"];

/** "4.2 MB": two digits that matter, as file managers show it. */
export function sizeOf(bytes: number): string {
  let unit = 0;
  let left = bytes;
  while (left >= 999.5 && unit < UNITS.length - 1) {
    left /= 1000;
    unit++;
  }
  const digits = unit === 0 || left >= 9.95 ? 0 : 1;
  return `${left.toFixed(digits)} ${UNITS[unit]}`;
}

/** Made safe by the server, with a thumbnail: it can be drawn. */
export function isPicture(file: AttachedFile): boolean {
  return (file.width ?? 0) > 0 && (file.height ?? 0) > 0;
}

/** One line for a message: what it says, or else what it brings. */
export function lineOf(text: string, file: AttachedFile | null | undefined): string {
  const { t } = i18n.global;
  return plainOf(text) || (!file ? "" : isPicture(file) ? t("file.picture") : t("file.named", { name: file.name }));
}

const SHOWN = new Set(["image/jpeg", "image/png", "image/gif", "image/webp"]);
const LARGEST_PICTURE = 32 * 1024 * 1024;

/** How it is best sent: drawn in the thread, or as the file that it is. */
export function kindFor(file: { type: string; size: number }): "picture" | "file" {
  return SHOWN.has(file.type) && file.size <= LARGEST_PICTURE ? "picture" : "file";
}
