// Packages from source, the model and the wasm files from their folders, and no answer to other machines. A page of your
// own installs the packages instead, and has copies of the two folders in public/tiny-model and public/wasm.

import { defineConfig } from "vite";
import { staticFolders } from "../../apps/studio/static-folders.ts";

const root = new URL("../../", import.meta.url).pathname;

export default defineConfig({
  base: "./",
  appType: "mpa",
  resolve: { conditions: ["lowrank-source", "module", "browser", "development|production"] },
  plugins: [
    staticFolders({
      "/wasm/": { folder: `${root}node_modules/@tensorflow/tfjs-backend-wasm/dist`, files: /\.wasm$/ },
      "/tiny-model/": { folder: `${root}packages/tiny-model/model`, files: /\.(json|safetensors)$/ },
    }),
  ],
  server: { host: "127.0.0.1", fs: { allow: [root] } },
  preview: { host: "127.0.0.1" },
  build: { target: "es2022" },
});
