/** Writes licenses.txt: the licence of every package whose code is in the build, as they ask for. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

import type { Plugin } from "vite";

/** The folder of the package that a module of the build comes from; null for our own. */
function packageOf(module: string): string | null {
  const path = module.replace(/^\0+/, "").split("?")[0] ?? "";
  if (!path.includes("/node_modules/")) return null;
  for (let folder = dirname(path); !folder.endsWith("node_modules"); folder = dirname(folder)) {
    const file = join(folder, "package.json");
    // Some packages have further package.json files inside, without a name of their own.
    if (existsSync(file) && JSON.parse(readFileSync(file, "utf-8")).version) return folder;
  }
  return null;
}

function noticeOf(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf-8"));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file ? readFileSync(join(folder, file), "utf-8").trim() : "";
  return `${name} ${version} (${license})\n\n${text}\n`;
}

export function licenses(): Plugin {
  return {
    name: "parlor:licenses",
    apply: "build",
    generateBundle(_, bundle) {
      const folders = new Set<string>();
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== "chunk") continue;
        for (const module of chunk.moduleIds) {
          const folder = packageOf(module);
          if (folder) folders.add(folder);
        }
      }
      const notices = [...folders].map(noticeOf).sort();
      const source = notices.join(`\n${"-".repeat(80)}\n\n`);
      this.emitFile({ type: "asset", fileName: "licenses.txt", source });
    },
  };
}
