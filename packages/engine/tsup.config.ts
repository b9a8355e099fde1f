import { copyFile, mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import { packageBuild } from "../../tsup.base.ts";

const { resolve } = createRequire(import.meta.url);
const built = join(import.meta.dirname, "dist");

/** Files of the wasm backend that a page fetches, as wasm-files.ts names them. */
const backendFiles = /@tensorflow\/tfjs-backend-wasm\/[^"\s]+\.(?:wasm|js)/g;

/**
 * Copies these files next to the built ones and names them from there: of an installed package, Vite's development server
 * follows only relative addresses.
 */
async function takeBackendFiles(path: string): Promise<string> {
  const source = await readFile(path, "utf8");
  await mkdir(built, { recursive: true });
  for (const [file] of source.matchAll(backendFiles)) await copyFile(resolve(file), join(built, basename(file)));
  return source.replace(backendFiles, (file) => `./${basename(file)}`);
}

export default {
  ...packageBuild([
    "src/index.ts",
    "src/internal.ts",
    "src/hook-points.ts",
    "src/hook-points/internal.ts",
    "src/internal/facts.ts",
    "src/gradients.ts",
    "src/internal/onnx.ts",
  ]),
  esbuildOptions(options) {
    options.logOverride = { "empty-import-meta": "silent" }; // wasm-files.ts does without it in CommonJS
  },
  esbuildPlugins: [
    {
      name: "wasm-files",
      setup(build) {
        build.onLoad({ filter: /wasm-files\.ts$/ }, async ({ path }) => ({
          contents: await takeBackendFiles(path),
          loader: "ts",
        }));
      },
    },
  ],
} satisfies ReturnType<typeof packageBuild>;
