// Packages from source, the model from its folder. In a page of your own "backbone/" is wherever the model lies, on your
// server or another.

import { defineConfig } from "vite";
import { staticFolders } from "../../apps/studio/static-folders.ts";

const root = new URL("../../", import.meta.url).pathname;

export default defineConfig({
  base: "./",
  appType: "mpa",
  resolve: { conditions: ["lowrank-source", "module", "browser", "development|production"] },
  plugins: [
    staticFolders({
      "/backbone/": { folder: `${root}node_modules/@vladmandic/human/models`, files: /^centernet\.(json|bin)$/ },
    }),
  ],
  server: { host: "127.0.0.1", fs: { allow: [root] } },
  preview: { host: "127.0.0.1" },
  build: { target: "es2022" },
});
