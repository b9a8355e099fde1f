// Adapters on a command line: "path", "path:0.7" with a weight, "name=path" if each has a name.

import { existsSync } from "node:fs";
import { basename, resolve } from "node:path";
import { UsageError } from "../../errors/usage-errors.ts";

export interface WeightedPath {
  readonly adapter: string;
  readonly weight: number;
}

export interface NamedAdapter extends WeightedPath {
  readonly name: string;
}

/** A path that ends like a weight is used unchanged if it exists. */
export function weightedPath(text: string): WeightedPath {
  const [, adapter, weight] = /^(.+):([+-]?(?:\d+\.?\d*|\.\d+))$/.exec(text) ?? [];
  const isWeighted = adapter !== undefined && weight !== undefined && !existsSync(text);
  return isWeighted ? { adapter, weight: Number(weight) } : { adapter: text, weight: 1 };
}

/** The paths without their weights. */
export function pathsOf(adapters: readonly WeightedPath[] = []): readonly string[] {
  return adapters.map(({ adapter }) => adapter);
}

/** Throws UsageError for two of one name. */
export function namedAdapters(adapters: readonly string[]): readonly NamedAdapter[] {
  const named = adapters.map((text) => {
    const [, name, rest] = /^([^=/\\]+)=(.+)$/.exec(text) ?? [];
    const weighted = weightedPath(rest ?? text);
    return { ...weighted, name: name ?? basename(resolve(weighted.adapter)) };
  });
  const twice = named.find(({ name }, index) => named.findIndex((other) => other.name === name) !== index);
  if (twice === undefined) return named;
  throw new UsageError(
    `Two adapters are named "${twice.name}". Give one another name: --adapter other=${twice.adapter}`,
  );
}
