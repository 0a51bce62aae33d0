/**
 * Emits sw.js: the worker in build/sw.js with the names of the files that make the app shell.
 *
 * The shell is what index.html reaches, lazy parts included; the API documentation is not in it.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

import type { Plugin } from "vite";

const ALWAYS = ["/index.html", "/theme.js", "/manifest.webmanifest", "/icons/icon.svg"];

export function serviceWorker(): Plugin {
  return {
    name: "parlor:service-worker",
    apply: "build",
    enforce: "post",
    generateBundle(_options, bundle) {
      const seen = new Set<string>();
      const walk = (name: string): void => {
        const chunk = bundle[name];
        if (seen.has(name) || chunk === undefined) return;
        seen.add(name);
        if (chunk.type !== "chunk") return;
        for (const css of chunk.viteMetadata?.importedCss ?? []) seen.add(css);
        for (const next of [...chunk.imports, ...chunk.dynamicImports]) walk(next);
      };
      for (const [name, chunk] of Object.entries(bundle)) {
        if (chunk.type === "chunk" && chunk.isEntry && chunk.name === "index") walk(name);
      }
      const shell = [...ALWAYS, ...[...seen].sort().map((name) => `/${name}`)];
      const source = readFileSync(new URL("./sw.js", import.meta.url), "utf8");
      const version = createHash("sha256").update(source + shell.join()).digest("hex").slice(0, 12);
      this.emitFile({
        type: "asset",
        fileName: "sw.js",
        source: source
          .replace('"__VERSION__"', JSON.stringify(version))
          .replace('["__SHELL__"]', JSON.stringify(shell)),
      });
    },
  };
}
