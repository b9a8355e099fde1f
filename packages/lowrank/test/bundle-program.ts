// The program as one plain JavaScript file, as it is installed: started from its sources, a process would first compile them.

import { rm } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";

/** A file that tests start; the one who made it removes it. */
export interface BundledProgram {
  readonly program: string;
  remove(): Promise<void>;
}

/** Writes dist/<name>-test.mjs, from where it finds its dependencies. */
export async function bundleProgram(name: string): Promise<BundledProgram> {
  const program = join(import.meta.dirname, `../dist/${name}-test.mjs`);
  await build({
    entryPoints: [join(import.meta.dirname, "../src/lowrank.ts")],
    outfile: program,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    conditions: ["lowrank-source"],
    logLevel: "error",
    external: ["@tensorflow/*", "koffi", "onnxruntime-node", "@huggingface/hub"],
    banner: {
      js: 'import { createRequire as makeRequire_ } from "node:module"; const require = makeRequire_(import.meta.url);',
    },
  });
  return { program, remove: () => rm(program) };
}
