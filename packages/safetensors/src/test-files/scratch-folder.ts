// A folder of a test's own that is gone afterwards.

import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Runs `work` in a new folder and removes it. */
export async function inScratchFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "lowrank-safetensors-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Everything in a folder: path → content. */
export async function contentsOf(folder: string): Promise<Readonly<Record<string, string>>> {
  const contents: [string, string][] = [];
  for (const name of (await readdir(folder, { recursive: true })).sort()) {
    const path = join(folder, name);
    if ((await stat(path)).isFile()) contents.push([name, await readFile(path, "utf8")]);
  }
  return Object.fromEntries(contents);
}
