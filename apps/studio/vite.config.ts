// The page reads the workspace's packages from source, the model from its folder.

import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { defineConfig } from "vite";
import { contentSecurityPolicy } from "./content-security-policy.ts";
import { loadedLater } from "./loaded-later.ts";
import { offlineFiles } from "./offline-files.ts";
import { frameScript } from "./src/rewards/rate-in-sandbox.ts";
import { staticFolders } from "./static-folders.ts";

const require = createRequire(import.meta.url);
const folderOf = (name: string) => dirname(require.resolve(`${name}/package.json`));

/** Next to the page, whose folder it serves; its name does not change. */
const serviceWorker = "service-worker.js";

const later = (file: string) => join(import.meta.dirname, "src/worker/later", file);
const packages = join(import.meta.dirname, "../../packages");
const inTheirPlace = loadedLater({
  "@huggingface/jinja": later("jinja.ts"),
  papaparse: later("papa-parse.ts"),
  re2js: later("re2.ts"),
  [join(packages, "contracts/src/families/families.ts")]: later("families.ts"),
  [join(packages, "models/src/architectures/architectures.ts")]: later("architectures.ts"),
});

export default defineConfig({
  base: "./",
  // One page: a file that is not there is a 404. A single-page app would answer with the page instead, as if it were the file.
  appType: "mpa",
  resolve: { conditions: ["lowrank-source", "module", "browser", "development|production"] },
  plugins: [
    // Of the build, the worker alone: embed.js calls none of what loads them.
    { ...inTheirPlace, apply: "serve" },
    staticFolders({
      "/tiny-model/": { folder: join(folderOf("@lowrank/tiny-model"), "model"), files: /\.(json|safetensors)$/ },
    }),
    contentSecurityPolicy({ frames: [frameScript] }),
    offlineFiles(serviceWorker, { publicFolder: join(import.meta.dirname, "public") }),
  ],
  server: { host: "127.0.0.1", fs: { allow: ["../.."] } },
  preview: { host: "127.0.0.1" },
  worker: {
    format: "es",
    plugins: () => [inTheirPlace],
    // An engine's chunk by its name, for .size-limit.mjs; no other like a chunk of embed.js, which offline-files.ts leaves out.
    rolldownOptions: {
      output: {
        // What many chunks share comes in one file: as forty small ones it compresses worse.
        codeSplitting: { groups: [{ name: "shared", minShareCount: 5 }] },
        chunkFileNames: ({ facadeModuleId }) =>
          `assets/${/backend-(?:wasm|webgpu)/.exec(facadeModuleId ?? "")?.[0] ?? "worker-[name]"}-[hash].js`,
      },
    },
  },
  // The worker's dependencies are found before the first visit, or finding them later would reload the page.
  optimizeDeps: { entries: ["index.html", "src/studio-worker.ts"] },
  build: {
    target: "es2022",
    rolldownOptions: {
      preserveEntrySignatures: "exports-only",
      input: {
        studio: "index.html",
        "service-worker": "src/offline/service-worker.ts",
        // For pages of others: by an address that stays.
        embed: "src/embed.ts",
        "lowrank-studio": "src/lowrank-studio.ts",
      },
      output: {
        entryFileNames: ({ name }) => (name === "studio" ? "assets/[name]-[hash].js" : "[name].js"),
      },
    },
  },
});
