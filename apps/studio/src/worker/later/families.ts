// The table of model families, for visitors who open a model of their own: the models that the page offers are Llamas. The
// build replaces the table of `contracts` by this file (loaded-later.ts), and a caller that opens other models awaits `loadFamilies` first.

import type * as Whole from "../../../../../packages/contracts/src/families/families.ts";
import { llama } from "../../../../../packages/contracts/src/families/rows/decoders/like-llama/llama.ts";
import { loadArchitectures } from "./architectures.ts";

export let families: typeof Whole.families = [llama];
export let supportedModelTypes: typeof Whole.supportedModelTypes = [llama.modelType];
export let familyOf: typeof Whole.familyOf = () => llama;

/** The families and their forward passes. */
export async function loadFamilies(): Promise<void> {
  const whole = import("../../../../../packages/contracts/src/families/families.ts");
  await loadArchitectures();
  ({ families, supportedModelTypes, familyOf } = await whole);
}
