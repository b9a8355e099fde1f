// Results and profiles in files: a folder for each processor, so that nobody overwrites the figures of another one.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const results = join(import.meta.dirname, "../results");

/** Below the folder of a processor. */
type Kind = "./" | "profiles";

export function saveResult(result: Readonly<Record<"name" | "processor", string>>, kind: Kind, root = results): void {
  const folder = join(root, folderOf(result.processor), kind);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${result.name}.json`), `${JSON.stringify(result, null, 2)}\n`);
}

/** The saved results of all processors. */
export function readSaved<Saved>(kind: Kind, root = results): Saved[] {
  const folders = readdirSync(root).map((processor) => join(root, processor, kind));
  const files = folders
    .filter(existsSync)
    .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
    .filter((path) => path.endsWith(".json"));
  // Written by a program of the same version of this repository.
  return files.map((path) => JSON.parse(readFileSync(path, "utf8")) as Saved);
}

/** "AMD EPYC with AVX2, 2 threads" → "amd-epyc-avx2-2-threads" */
export function folderOf(processor: string): string {
  const words = processor.toLowerCase().replaceAll(/\((r|tm)\)|\bwith\b|\bprocessor\b/g, " ");
  return (
    words
      .replaceAll("avx-512", "avx512")
      .match(/[a-z0-9]+/g)
      ?.join("-") ?? "unknown"
  );
}
