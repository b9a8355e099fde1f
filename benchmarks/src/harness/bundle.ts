// Makes one plain JavaScript file of a program. Run from TypeScript sources, Node would carry a compiler whose 80 MB
// count as ours; what a user installs carries none.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";

const root = join(import.meta.dirname, "../..");

/** Path of the bundled file; native and TensorFlow.js packages stay outside of it, as for a user. */
export async function bundle(program: string): Promise<string> {
  const outfile = join(root, "dist", `${program.replaceAll("/", "-")}.mjs`);
  await mkdir(join(root, "dist"), { recursive: true });
  await build({
    entryPoints: [join(root, "src", `${program}.ts`)],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    conditions: ["lowrank-source"],
    external: ["@tensorflow/*", "koffi", "onnxruntime-node"],
    // CommonJS dependencies ask for Node's own modules by `require`.
    banner: {
      js: 'import { createRequire as ownRequire } from "node:module"; const require = ownRequire(import.meta.url);',
    },
    logLevel: "error",
  });
  return outfile;
}
