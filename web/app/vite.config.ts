import { fileURLToPath, URL } from "node:url";

import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vite";

import { compress } from "./build/compress.ts";
import { licenses } from "./build/licenses.ts";
import { serviceWorker } from "./build/service_worker.ts";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const server = process.env["PARLOR_SERVER"] ?? "http://127.0.0.1:8080";

export default defineConfig({
  root: here("."),
  logLevel: "warn",
  resolve: { alias: { "@": here("./src") } },
  define: {
    __VUE_OPTIONS_API__: "false",
    __VUE_PROD_DEVTOOLS__: "false",
    __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "false",
    __VUE_I18N_LEGACY_API__: "false",
    __VUE_I18N_FULL_INSTALL__: "false",
    __INTLIFY_PROD_DEVTOOLS__: "false",
    __INTLIFY_DROP_MESSAGE_COMPILER__: "false",
  },
  plugins: [vue(), licenses(), serviceWorker(), compress()],
  build: {
    target: "es2022",
    // Knows light-dark() itself: rewritten for older ones, a part of the page could not be dark alone.
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    outDir: here("../../src/parlor/api/webapp"),
    emptyOutDir: true,
    // A data: address for a script or a font would be refused by the content security policy.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 2000,
    rolldownOptions: { input: { index: here("index.html"), docs: here("docs.html") } },
  },
  server: {
    proxy: {
      "/api": server,
      "/openapi.json": server,
      "/ws": { target: server, ws: true },
      "/http": server,
    },
  },
});
