// Which of a model's adapters acts, and what a new one is called.

import { inferenceContext, noAdapters } from "@lowrank/contracts";
import { weightedAdapters } from "@lowrank/inject";
import { AdapterGoneError } from "../errors/library-errors.ts";
import { type OpenedBase, withoutAdapter } from "../open/open-base.ts";

/** One of a model's adapters. */
interface NamedAdapter {
  readonly name: string;
  readonly opened: OpenedBase;
}

/** The model as it is to compute: with an adapter and its strength, or alone. Throws AdapterGoneError for one that it has not. */
export function actingModel(
  base: OpenedBase,
  adapters: readonly NamedAdapter[],
  {
    adapter,
    strength = 1,
  }: { readonly adapter: NamedAdapter | null | undefined; readonly strength: number | undefined },
): OpenedBase {
  if (adapter === null || adapter === undefined) return withoutAdapter(base);
  if (!adapters.includes(adapter)) throw new AdapterGoneError(adapter.name);
  if (strength === 1) return adapter.opened;
  const acting = strength === 0 ? noAdapters : weightedAdapters({ [adapter.name]: strength });
  return { ...adapter.opened, context: inferenceContext(acting) };
}

/** A name that no adapter of a model has yet: "default", else with a number. */
export function freeName(adapters: readonly Pick<NamedAdapter, "name">[]): string {
  const taken = new Set(adapters.map(({ name }) => name));
  for (let number = 1; ; number++) {
    const name = number === 1 ? "default" : `default-${number}`;
    if (!taken.has(name)) return name;
  }
}
