// Adapters that have names: "name=path", or a path whose last part is the name.

import { basename, resolve } from "node:path";
import { UsageError } from "../../errors/usage-errors.ts";

export interface NamedAdapter {
  readonly name: string;
  readonly path: string;
}

/** Throws UsageError for two of one name. */
export function namedAdapters(adapters: readonly string[]): readonly NamedAdapter[] {
  const named = adapters.map((text) => {
    const [, name, path] = /^([^=/\\]+)=(.+)$/.exec(text) ?? [];
    return name === undefined || path === undefined ? { name: basename(resolve(text)), path: text } : { name, path };
  });
  const twice = named.find(({ name }, index) => named.findIndex((other) => other.name === name) !== index);
  if (twice === undefined) return named;
  throw new UsageError(`Two adapters are named "${twice.name}". Give one another name: --adapter other=${twice.path}`);
}
