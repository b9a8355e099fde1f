// Makes one plain JavaScript file of a program. Run from TypeScript sources, Node would carry a compiler whose 80 MB
// count as ours; what a user installs carries none.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";

const root = join(import.meta.dirname, "../..");

/** Path of the bundled file; native and TensorFlow.js packages stay outside of it, as for a user. */
export function bundle(program: string): Promise<string> {
  return bundleFile(join(root, "src", `${program}.ts`), `${program.replaceAll("/", "-")}.mjs`);
}

/** Bundles the program `lowrank`. */
export function bundleCommandLine(): Promise<string> {
  return bundleFile(join(root, "../packages/lowrank/src/lowrank.ts"), "lowrank.mjs");
}

async function bundleFile(entry: string, name: string): Promise<string> {
  const outfile = join(root, "dist", name);
  await mkdir(join(root, "dist"), { recursive: true });
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    conditions: ["lowrank-source"],
    external: ["@tensorflow/*", "koffi", "onnxruntime-node", "@huggingface/hub"],
    // CommonJS dependencies `require` Node's own modules.
    banner: {
      js: 'import { createRequire as ownRequire } from "node:module"; const require = ownRequire(import.meta.url);',
    },
    logLevel: "error",
  });
  return outfile;
}
