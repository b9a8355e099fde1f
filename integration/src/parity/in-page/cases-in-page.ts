// Which of PEFT's cases run in a page, and how parity reads them there. In Node, for vitest.browser.config.ts.

import { readdirSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { findCases } from "../find-cases.ts";

/** The cases of `npm run test:browser`. A GPU that is computed in software takes some 10 seconds for each. */
const casesInCi = [
  "llama-gqa", // grouped queries, RMS norm, SwiGLU
  "gpt2", // layer norm, GELU, transposed weights
  "dora-linear",
  "rslora",
  "bias-all",
  "qwen3", // norms of heads
  "gemma2", // windows, bounded scores
  "roberta-seqcls", // a classifier that is saved whole
].map((name) => `fixtures/peft/${name}`);

declare module "vitest" {
  interface ProvidedContext {
    /** Folders of the cases on the tests' server. */
    readonly parityCases: readonly string[];
    /** Paths of everything in these folders. */
    readonly parityFiles: readonly string[];
  }
}

/** The cases in `folders`, paths with commas between, or those of CI. `root` is the folder of the tests' server. */
export function casesInPage(root: string, folders?: string) {
  const found = (folders?.split(",") ?? casesInCi).flatMap((folder) => findCases(resolve(root, folder)));
  const onServer = (path: string) => `/${relative(root, path)}`;
  const filesIn = (folder: string) => readdirSync(folder, { recursive: true, encoding: "utf8" });
  return {
    parityCases: found.map(({ folder }) => onServer(folder)),
    parityFiles: found.flatMap(({ folder }) => filesIn(folder).map((file) => onServer(join(folder, file)))),
  };
}

const readers = /integration\/src\/(parity\/|invariants\/|peft-cases)|packages\/testing\/src\/(index|fixtures)\.ts$/;

/** A plugin of Vite: what parity imports from Node is page-files.ts. */
export const readsInPage = (root: string) => ({
  name: "parity-reads-in-page",
  enforce: "pre" as const,
  resolveId(source: string, importer?: string) {
    if (importer === undefined || !readers.test(importer)) return undefined;
    if (source === "@lowrank/testing") return join(root, "packages/testing/src/index.ts");
    return /^node:|\/node$/.test(source) ? join(root, "integration/src/parity/in-page/page-files.ts") : undefined;
  },
});
