// Packages from source, the model from its folder, and no answer to other machines. A page of your own installs the
// packages instead, and has a copy of the model in public/tiny-model.

import { defineConfig } from "vite";
import { staticFolders } from "../../apps/studio/static-folders.ts";

const root = new URL("../../", import.meta.url).pathname;

export default defineConfig({
  base: "./",
  appType: "mpa",
  resolve: { conditions: ["lowrank-source", "module", "browser", "development|production"] },
  plugins: [
    staticFolders({
      "/tiny-model/": { folder: `${root}packages/tiny-model/model`, files: /\.(json|safetensors)$/ },
    }),
  ],
  server: { host: "127.0.0.1", fs: { allow: [root] } },
  preview: { host: "127.0.0.1" },
  build: { target: "es2022" },
});
