// All methods, in the order in which an experiment runs and shows them.

import { houlsbyAdapters, pfeifferAdapters } from "./bottleneck.ts";
import { loraFa, vera } from "./frozen-matrices.ts";
import { matrices, rankSweep, variants } from "./lora.ts";
import type { Method } from "./method.ts";
import { ia3 } from "./scaled-states.ts";
import { prefixTuning, promptTuning } from "./virtual-tokens.ts";
import { bitFit, fullFineTuning, headOnly } from "./weights.ts";

const inOrder: readonly Method[] = [
  fullFineTuning,
  headOnly,
  bitFit,
  houlsbyAdapters,
  pfeifferAdapters,
  prefixTuning,
  promptTuning,
  ia3,
  ...rankSweep,
  ...variants,
  loraFa,
  vera,
  ...matrices,
];

/** Each once: a row of one table can be a row of another, too. */
export const methods: readonly Method[] = inOrder.filter(
  ({ name }, index) => inOrder.findIndex((method) => method.name === name) === index,
);

/** A method's name for people. */
export function labelOf(name: string): string {
  return methods.find((method) => method.name === name)?.label ?? name;
}
