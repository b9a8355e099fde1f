// Checks adapters from other programs' files by the rules for PEFT's files.

import { createLoraConfig } from "../config/create-lora-config.ts";
import { invalidAdapterTensorsError, type TensorProblem } from "../errors.ts";
import type { Adapter, LoraConfig } from "../lora-config.ts";
import { firstNonFinite, tensorProblems } from "./peft/check-tensors.ts";

/** Returns the adapter unchanged. Throws INVALID_ADAPTER_TENSORS listing all problems of its tensors. */
export function checkedAdapter(
  adapter: Adapter,
  file: string,
  { allowNonFinite = false }: { readonly allowNonFinite?: boolean },
): Adapter {
  const problems: TensorProblem[] = [...tensorProblems(adapter.config, adapter.tensors)];
  for (const [key, { values }] of adapter.tensors) {
    const broken = allowNonFinite ? -1 : firstNonFinite(values);
    if (broken >= 0) problems.push({ key, problem: `has ${values[broken]} at position ${broken}` });
  }
  if (problems.length > 0) throw invalidAdapterTensorsError(file, problems);
  return adapter;
}

export interface ModuleScale {
  readonly path: string;
  readonly rank: number;
  readonly alpha: number;
}

/** The most frequent rank and α, with patterns for other modules. Throws INVALID_ADAPTER_CONFIG for an invalid rank. */
export function configOfModules(modules: readonly ModuleScale[], fields: Partial<LoraConfig> = {}): LoraConfig {
  const rank = mostFrequent(modules.map((entry) => entry.rank));
  const alpha = mostFrequent(modules.map((entry) => entry.alpha));
  return createLoraConfig({
    targetModules: modules.map(({ path }) => path),
    ...fields,
    rank,
    alpha,
    rankPattern: new Map(modules.filter((entry) => entry.rank !== rank).map((entry) => [entry.path, entry.rank])),
    alphaPattern: new Map(modules.filter((entry) => entry.alpha !== alpha).map((entry) => [entry.path, entry.alpha])),
  });
}

function mostFrequent(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const [max] = [...counts].sort(([, one], [, other]) => other - one);
  return max?.[0] ?? 1;
}
