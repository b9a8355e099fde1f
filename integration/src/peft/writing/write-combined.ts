// Trains two adapters, combines them – or lets them act together, or in rows of their own –, and writes what PEFT and
// transformers are to load.

import { createLoraConfig, type LoraConfig } from "@lowrank/adapter-format";
import { attachAdapter } from "@lowrank/inject";
import { combineAdapters } from "@lowrank/merge";
import { combinationMethods } from "@lowrank/merge/internal";
import { loadBase } from "../bases/loaded-base.ts";
import { openBase } from "../bases/open-base.ts";
import type { CombinedVariant } from "../variants/combined-variants.ts";
import { trainAdapter } from "./train-adapter.ts";
import { type PythonCase, writeAdapterCase, writeMergedCase } from "./write-case.ts";

/** Writes adapters, merged model and expected logits under `folder`. */
export async function writeCombined(
  { name, base: baseName, adapters, options, rows }: CombinedVariant,
  folder: string,
): Promise<readonly PythonCase[]> {
  const [first, second] = adapters.map((config) => createLoraConfig(config)) as [LoraConfig, LoraConfig];
  const base = await loadBase(await openBase(baseName, folder), { config: first });
  const one = await trainAdapter(base, first, { name: "one", seed: 7 });
  const other = await trainAdapter(base, second, { name: "other", seed: 8 });
  const handles = [one, other];
  if (options !== undefined) {
    const [adapter, taken] = [await one.toAdapter(), await other.toAdapter()];
    const isBetween = combinationMethods.find(({ name: type }) => type === options.type)?.isBetweenTwo ?? false;
    const combined = combineAdapters(
      [
        { adapter, weight: 0.7 },
        { adapter: taken, weight: isBetween ? 0.4 : -0.4 },
      ],
      options,
    );
    for (const handle of handles.splice(0)) handle.dispose();
    handles.push(attachAdapter(base.model, combined, { name: "combined" }));
  }
  const location = { name, folder };
  const cases = [await writeAdapterCase(base, handles, { ...location, ...(rows !== undefined && { rows }) })];
  // No weight is right for all rows of a mixed batch.
  if (rows === undefined) cases.push(await writeMergedCase(base, handles, location));
  for (const handle of handles) handle.dispose();
  base.dispose();
  return cases;
}
