import { defineConfig } from "vite";

// The page reads the workspace's packages from source and the model and sample data from their own folders.
export default defineConfig({
  resolve: { conditions: ["lowrank-source", "module", "browser", "development|production"] },
  server: { host: "127.0.0.1", fs: { allow: ["../.."] } },
  preview: { host: "127.0.0.1" },
  worker: { format: "es" },
  build: { target: "es2022" },
});
