// Matches the keys of a checkpoint with a model's parameters. Checkpoints differ: with or without the base model's prefix, with a
// head of another task, with old names, with buffers that are no weights.

import type { Family, ModelConfig } from "../family.ts";
import type { Task } from "../task.ts";
import { pathInModel } from "./modules.ts";
import { type Parameter, parametersOf } from "./parameters.ts";

/** The result of matching a checkpoint's keys with a model's parameters. */
export interface CheckpointMatch {
  /**
   * File key of each parameter that the file has. A tied head has no entry: it uses the embedding's values, which a file may store
   * under the head's name only.
   */
  readonly fileKeys: ReadonlyMap<string /* parameter path */, string>;
  /** Parameters without which the model cannot run. */
  readonly missing: readonly Parameter[];
  /** Parameters that the file lacks and that are newly initialized: classifiers, poolers. */
  readonly toMakeNew: readonly Parameter[];
  /** File keys that this model does not need: buffers, tied copies, another task's head. */
  readonly unused: readonly string[];
  /** Other file keys. */
  readonly unexpected: readonly string[];
}

/**
 * Matches a checkpoint's keys against the parameters that a model needs.
 *
 * @example
 * ```ts
 * import { checkConfig } from "@lowrank/contracts/families";
 * import { matchCheckpoint } from "@lowrank/contracts/families/checkpoint";
 *
 * const config = checkConfig({
 *   model_type: "gpt2", vocab_size: 100, n_embd: 32, n_layer: 1, n_head: 4, n_positions: 32,
 * });
 * const match = matchCheckpoint(config, "causal-lm", ["wte.weight"]);
 * if (match.fileKeys.get("transformer.wte.weight") !== "wte.weight") throw new Error("prefix not added");
 * ```
 */
export function matchCheckpoint(config: ModelConfig, task: Task, fileKeys: Iterable<string>): CheckpointMatch {
  const { family } = config;
  const parameters = parametersOf(config, task);
  const wanted = new Map(parameters.map((parameter) => [withPrefix(family, task, parameter.path), parameter]));
  const otherHeads = pathsOfOtherHeads(config, family, task);

  const parameterOf = (path: string) =>
    wanted.get(path) ?? wanted.get(prefixed(family, path)) ?? wanted.get(underOwnPrefix(family, task, path));
  const isKnown = (path: string) => otherHeads.has(path) || otherHeads.has(prefixed(family, path));

  const found = new Map<string, string>();
  const copies = new Map<string, string /* parameter path */>();
  const unused: string[] = [];
  const unexpected: string[] = [];
  for (const { key, path, isRespelt } of exactFirst(fileKeys, (key) =>
    parameterOf(key) ? null : respelt(family, key),
  )) {
    const parameter = parameterOf(path);
    if (parameter?.tiedWith) copies.set(key, parameter.tiedWith);
    else if (parameter && !found.has(parameter.path)) found.set(parameter.path, key);
    else if (parameter ? isRespelt : isIgnored(family, path) || isKnown(path)) unused.push(key);
    else unexpected.push(key);
  }
  // A file stores a tied weight once, under either of its names.
  for (const [key, path] of copies) {
    if (found.has(path)) unused.push(key);
    else found.set(path, key);
  }
  const absent = parameters.filter(({ path, tiedWith }) => tiedWith === null && !found.has(path));
  return {
    fileKeys: found,
    missing: absent.filter((parameter) => !parameter.newIfMissing),
    toMakeNew: absent.filter((parameter) => parameter.newIfMissing && !parameter.isBuffer),
    unused,
    unexpected,
  };
}

/** A parameter's path in a model with a head. */
function withPrefix(family: Family, task: Task, path: string): string {
  return task === "feature-extraction" ? prefixed(family, path) : path;
}

function prefixed({ basePrefix }: Family, path: string): string {
  return basePrefix === "" ? path : `${basePrefix}.${path}`;
}

/** Converts a path of another task's model to this task's, if their base models have different prefixes. */
function underOwnPrefix(family: Family, task: Task, path: string): string {
  const heads = Object.values(family.heads).flatMap(({ basePrefix }) => basePrefix ?? []);
  const other = [family.basePrefix, ...heads, ...(family.otherPrefixes ?? [])].find((prefix) =>
    path.startsWith(`${prefix}.`),
  );
  const bare = other === undefined ? path : path.slice(other.length + 1);
  return withPrefix(family, task, pathInModel(family, task, bare));
}

interface Spelling {
  readonly key: string;
  /** The key as current versions of transformers spell it. */
  readonly path: string;
  readonly isRespelt: boolean;
}

/** Every key with its current spelling. If a file has both, the current one comes first. */
function exactFirst(fileKeys: Iterable<string>, respell: (key: string) => string | null): readonly Spelling[] {
  const spelt = [...fileKeys].map((key): Spelling => {
    const path = respell(key);
    return { key, path: path ?? key, isRespelt: path !== null };
  });
  return [...spelt.filter(({ isRespelt }) => !isRespelt), ...spelt.filter(({ isRespelt }) => isRespelt)];
}

function respelt(family: Family, key: string): string | null {
  for (const { file, path } of family.fileSpellings ?? []) {
    if (file.endsWith(".") && key.startsWith(file)) return path + key.slice(file.length);
    const found = endOf(key, file);
    if (found !== null) return key.slice(0, found.start) + path.replace("{n}", found.layer);
  }
  return null;
}

/** If a key ends with `end`: where the end starts, and the layer in it. */
export function endOf(key: string, end: string): { readonly start: number; readonly layer: string } | null {
  const [before = "", after] = end.split("{n}");
  if (after === undefined) return key.endsWith(end) ? { start: key.length - end.length, layer: "" } : null;
  if (!key.endsWith(after)) return null;
  const [, layer] = /\.(\d{1,9})$/.exec(key.slice(0, key.length - after.length)) ?? [];
  if (layer === undefined || !key.endsWith(before + layer + after)) return null;
  return { start: key.length - (before + layer + after).length, layer };
}

function isIgnored(family: Family, path: string): boolean {
  const { ignoredFileKeys = [], ignoredFileParts = [] } = family;
  return ignoredFileKeys.some((end) => path.endsWith(end)) || ignoredFileParts.some((part) => path.includes(part));
}

function pathsOfOtherHeads(config: ModelConfig, family: Family, task: Task): ReadonlySet<string> {
  const tasks = [...new Set(family.architectures.values())].filter((other) => other !== task);
  return new Set(
    tasks.flatMap((other) => parametersOf(config, other).map(({ path }) => withPrefix(family, other, path))),
  );
}
