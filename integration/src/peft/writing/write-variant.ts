// Trains one row of the tables and writes the files that PEFT and transformers load.

import { createLoraConfig } from "@lowrank/adapter-format";
import { loadBase } from "../bases/loaded-base.ts";
import { openBase } from "../bases/open-base.ts";
import type { Variant } from "../variants/variant.ts";
import { trainAdapter } from "./train-adapter.ts";
import { type PythonCase, writeAdapterCase, writeMergedCase } from "./write-case.ts";

/** Writes adapter, merged model and expected logits under `folder`. */
export async function writeVariant(variant: Variant, folder: string): Promise<readonly PythonCase[]> {
  const { name, addedTokens, adapterIsNotRead, isNotMerged } = variant;
  const config = createLoraConfig(variant.config);
  const base = await loadBase(await openBase(variant.base, folder), { config, addedTokens });
  const handle = await trainAdapter(base, config);
  const cases: PythonCase[] = [];
  if (adapterIsNotRead === undefined) cases.push(await writeAdapterCase(base, [handle], { name, folder }));
  if (isNotMerged === undefined) cases.push(await writeMergedCase(base, [handle], { name, folder }));
  handle.dispose();
  base.dispose();
  return cases;
}
