// The table of families. A new one: its file, and one line here.

import { UnsupportedModelError } from "./errors.ts";
import type { Family } from "./family.ts";
import { bart } from "./rows/bart.ts";
import { bert } from "./rows/bert.ts";
import { bloom } from "./rows/bloom.ts";
import { distilbert } from "./rows/distilbert.ts";
import { electra } from "./rows/electra.ts";
import { falcon } from "./rows/falcon.ts";
import { gemma } from "./rows/gemma.ts";
import { gemma2 } from "./rows/gemma2.ts";
import { gemma3Text } from "./rows/gemma3-text.ts";
import { gptNeo } from "./rows/gpt-neo.ts";
import { gptNeox } from "./rows/gpt-neox.ts";
import { gpt2 } from "./rows/gpt2.ts";
import { gptj } from "./rows/gptj.ts";
import { llama } from "./rows/llama.ts";
import { mistral } from "./rows/mistral.ts";
import { olmo2 } from "./rows/olmo2.ts";
import { opt } from "./rows/opt.ts";
import { phi } from "./rows/phi.ts";
import { phi3 } from "./rows/phi3.ts";
import { qwen2 } from "./rows/qwen2.ts";
import { qwen3 } from "./rows/qwen3.ts";
import { roberta } from "./rows/roberta.ts";
import { stablelm } from "./rows/stablelm.ts";
import { starcoder2 } from "./rows/starcoder2.ts";
import { t5 } from "./rows/t5.ts";
import { vit } from "./rows/vit.ts";

/** Every supported model family. */
export const families: readonly Family[] = [
  gpt2,
  llama,
  mistral,
  qwen2,
  qwen3,
  gemma,
  gemma2,
  gemma3Text,
  phi,
  phi3,
  gptNeox,
  opt,
  stablelm,
  starcoder2,
  olmo2,
  gptj,
  gptNeo,
  bloom,
  falcon,
  bert,
  roberta,
  distilbert,
  electra,
  t5,
  bart,
  vit,
];

const familiesByType: ReadonlyMap<string, Family> = new Map(families.map((family) => [family.modelType, family]));

/** Every supported `model_type`, sorted. */
export const supportedModelTypes: readonly string[] = [...familiesByType.keys()].sort();

/**
 * The family of transformers' `model_type`.
 *
 * @throws UnsupportedModelError if there is none; the error lists all that there are.
 * @example
 * ```ts
 * import { familyOf } from "@lowrank/families";
 *
 * if (familyOf("gpt2").basePrefix !== "transformer") throw new Error("unexpected prefix");
 * ```
 */
export function familyOf(modelType: string): Family {
  const family = familiesByType.get(modelType);
  if (!family) throw new UnsupportedModelError(modelType, supportedModelTypes);
  return family;
}
