// The files that inputs are made of: fuzz/corpus/<target>, and what the repository's tests are made with.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type JsonTree, treeOf } from "./json-tree.ts";

/** The repository's root. */
export const root: string = join(import.meta.dirname, "../../..");

/** The corpus of a target, by file name. */
export function corpusOf(target: string): readonly Uint8Array[] {
  const folder = join(root, "fuzz/corpus", target);
  return readdirSync(folder)
    .sort()
    .map((name) => readFileSync(join(folder, name)));
}

/** The files of a folder from the root, and of those in it, whose names end so. */
export function filesBelow(folder: string, ending: string): readonly Uint8Array[] {
  const names = readdirSync(join(root, folder), { encoding: "utf8", recursive: true });
  return names
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => readFileSync(join(root, folder, name)));
}

/** The JSON at some paths from the root, as trees. */
export function jsonSeeds(paths: readonly string[]): readonly JsonTree[] {
  return paths.map((path) => treeOf(JSON.parse(readFileSync(join(root, path), "utf8"))));
}

/** Paths from the root of a file that some folders of `folder` have. */
export function fixturesWith(folder: string, file: string): readonly string[] {
  const paths = readdirSync(join(root, folder)).map((name) => join(folder, name, file));
  return paths.sort().filter((path) => existsSync(join(root, path)));
}
