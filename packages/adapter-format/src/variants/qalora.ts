// QALoRA (PEFT's `use_qalora`).

import { given, type VariantFacts } from "./variant-facts.ts";

export const qalora = {
  key: "use_qalora",
  asked: ({ useQalora }) => given(useQalora),
  effect: "inputs are pooled in groups",
} as const satisfies VariantFacts;
