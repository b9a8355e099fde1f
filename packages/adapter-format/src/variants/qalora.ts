// QALoRA (Xu et al. 2023, arXiv 2309.14717; PEFT's `use_qalora`): A multiplies the mean of each group of inputs, and a file has
// one column of A for each group. Source: PEFT 0.21.2, QALoraLinearVariant in tuners/lora/variants.py.

import { invalidAdapterTensorsError } from "../errors.ts";
import type { Adapter, AdapterTensor } from "../lora-config.ts";
import { parseTensorKey } from "../tensor-keys.ts";
import { settingOrNull, type VariantFacts } from "./variant-facts.ts";

/** Maximum number of values of A with a column for each input. */
const maxNumbers = 2 ** 30;

export const qalora = {
  key: "use_qalora",
  setting: ({ useQalora }) => settingOrNull(useQalora),
  effect: "inputs are pooled in groups",
  layer: "exclusive",
  rules: [
    {
      key: "use_qalora",
      expected: "false, because lora_bias is true, which PEFT ignores where inputs are pooled",
      holds: ({ useQalora, loraBias }) => !useQalora || !loraBias,
    },
  ],
  columnsPerStored: ({ useQalora, qaloraGroupSize }, { part }) =>
    useQalora && part === "lora_A" ? qaloraGroupSize : 1,
  toPlain: spreadGroups,
} as const satisfies VariantFacts;

function spreadGroups(adapter: Adapter): Adapter {
  const { config, tensors } = adapter;
  if (!config.useQalora) return adapter;
  const spread = [...tensors].map(([key, tensor]): [string, AdapterTensor] => {
    if (parseTensorKey(key)?.part !== "lora_A") return [key, tensor];
    if (tensor.values.length * config.qaloraGroupSize <= maxNumbers) return [key, overGroups(tensor, config)];
    const problem = `it is too large with a row for each of ${config.qaloraGroupSize} inputs per group`;
    throw invalidAdapterTensorsError("The adapter", [{ key, problem }]);
  });
  return { ...adapter, config: { ...config, useQalora: false }, tensors: new Map(spread) };
}

/**
 * [rank, groups] → [rank, groups · size]. PEFT multiplies the mean of each group by the number of groups, so each input gets
 * groups/size of the group's column.
 */
function overGroups({ shape, values }: AdapterTensor, { qaloraGroupSize: size }: Adapter["config"]): AdapterTensor {
  const [rank = 0, groups = 0] = shape;
  const whole = new Float32Array(values.length * size);
  values.forEach((value, index) => {
    whole.fill((value * groups) / size, index * size, (index + 1) * size);
  });
  return { shape: [rank, groups * size], values: whole };
}
