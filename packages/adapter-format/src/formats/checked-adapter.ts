// An adapter of another program's file, held to what PEFT's own are held to.

import type { Adapter } from "../adapter.ts";
import { InvalidAdapterTensorsError, type TensorProblem } from "../errors.ts";
import { tensorProblems } from "./peft/check-tensors.ts";
import { firstNonFinite } from "./peft/first-non-finite.ts";

/** The adapter as it is. Throws InvalidAdapterTensorsError listing everything wrong with its tensors. */
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
  if (problems.length > 0) throw new InvalidAdapterTensorsError(file, problems);
  return adapter;
}
