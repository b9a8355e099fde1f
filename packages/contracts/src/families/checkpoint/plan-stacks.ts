// Plans which tensors of a file are combined or split. Older files have one tensor for each expert; models have a stack of all.

import type { ModelConfig } from "../family.ts";

/** The key of each stack in current files → the keys of its pieces in this file, in order. */
type StackPlan = ReadonlyMap<string, readonly string[]>;

/** The stacks whose pieces are complete. `matchCheckpoint` reports other pieces. */
export function planStacks({ family, experts }: ModelConfig, fileKeys: Iterable<string>): StackPlan {
  const rows = family.stackedFileKeys ?? [];
  if (rows.length === 0) return new Map();
  const keys = new Set(fileKeys);
  const stacks = new Map<string, readonly string[]>();
  for (const { path, pieces } of rows) {
    const first = (pieces[0] ?? "").replace("{e}", "0");
    for (const key of keys) {
      const stack = stackOf(key, first);
      if (stack === null) continue;
      const fill = (row: string, expert: number) =>
        stack.prefix + row.replace("{n}", stack.layer).replace("{e}", String(expert));
      const all = presentPieces(keys, experts, (expert) => pieces.map((piece) => fill(piece, expert)));
      if (all.length === experts * pieces.length) stacks.set(fill(path, 0), all);
    }
  }
  return stacks;
}

/** The pieces up to the first missing one, so that a wrong number of experts in config.json cannot produce endless names. */
function presentPieces(
  keys: ReadonlySet<string>,
  experts: number,
  piecesOf: (expert: number) => readonly string[],
): readonly string[] {
  const present: string[] = [];
  for (let expert = 0; expert < experts; expert++) {
    const pieces = piecesOf(expert);
    if (!pieces.every((piece) => keys.has(piece))) break;
    present.push(...pieces);
  }
  return present;
}

/** If a key ends with the row: the prefix before it, and its layer. */
function stackOf(key: string, row: string): { readonly prefix: string; readonly layer: string } | null {
  const [before = "", after = ""] = row.split("{n}");
  if (!key.endsWith(after)) return null;
  const [, start = "", layer] = /^(.*?)(\d{1,9})$/.exec(key.slice(0, key.length - after.length)) ?? [];
  if (layer === undefined || !start.endsWith(before)) return null;
  return { prefix: start.slice(0, start.length - before.length), layer };
}

const [blocksEnd, scalesEnd] = ["_blocks", "_scales"];

/** The key of each weight in MXFP4 → the keys of its blocks and its scales. */
export function planBlocks(fileKeys: Iterable<string>): ReadonlyMap<string, readonly [blocks: string, scales: string]> {
  const keys = new Set(fileKeys);
  const names = [...keys].flatMap((key) => (key.endsWith(blocksEnd) ? [key.slice(0, -blocksEnd.length)] : []));
  return new Map(
    names
      .filter((name) => keys.has(name + scalesEnd))
      .map((name) => [name, [name + blocksEnd, name + scalesEnd] as const]),
  );
}

/** The key of each fused tensor → the keys of its parts in current files, in the order of their rows. */
type SplitPlan = ReadonlyMap<string, readonly string[]>;

/** Fused tensors to split, unless the file has the parts as well. */
export function planSplits({ family }: ModelConfig, fileKeys: Iterable<string>): SplitPlan {
  const rows = family.fusedFileKeys ?? [];
  if (rows.length === 0) return new Map();
  const keys = new Set(fileKeys);
  const splits = new Map<string, readonly string[]>();
  for (const { file, paths } of rows) {
    for (const key of keys) {
      const stack = stackOf(key, file);
      if (stack === null) continue;
      const parts = paths.map((path) => stack.prefix + path.replace("{n}", stack.layer));
      if (!parts.some((part) => keys.has(part))) splits.set(key, parts);
    }
  }
  return splits;
}
