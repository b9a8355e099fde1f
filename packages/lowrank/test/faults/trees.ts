// What is in a folder, as text that can be compared.

import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** Paths and hashes of everything in a folder, without what runs leave aside; "" if there is no such folder. */
export async function treeOf(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const paths = entries.map((entry) => join(entry.parentPath, entry.name)).filter((path) => !isRemains(path, folder));
  const lines = await Promise.all(paths.sort().map((path) => lineOf(path, folder)));
  return lines.join("\n");
}

/** Paths of temporary files, locks and folders that were moved aside. */
export async function remainsIn(folder: string): Promise<readonly string[]> {
  const paths = await readdir(folder, { recursive: true });
  return paths.filter((path) => isRemains(path, ""));
}

function isRemains(path: string, folder: string): boolean {
  return /(^|\/)\.lowrank-/.test(path.slice(folder.length));
}

async function lineOf(path: string, folder: string): Promise<string> {
  const bytes = await readFile(path).catch(() => "");
  return `${path.slice(folder.length)} ${createHash("sha256").update(bytes).digest("hex").slice(0, 12)}`;
}
