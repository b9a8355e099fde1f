// The table of families. A new one: its file, and one line here.

import { UnsupportedModelError } from "./errors.ts";
import type { Family } from "./family.ts";
import { bloom } from "./rows/decoders/like-gpt/bloom.ts";
import { falcon } from "./rows/decoders/like-gpt/falcon.ts";
import { gptNeo } from "./rows/decoders/like-gpt/gpt-neo.ts";
import { gptNeox } from "./rows/decoders/like-gpt/gpt-neox.ts";
import { gpt2 } from "./rows/decoders/like-gpt/gpt2.ts";
import { gptj } from "./rows/decoders/like-gpt/gptj.ts";
import { opt } from "./rows/decoders/like-gpt/opt.ts";
import { gemma } from "./rows/decoders/like-llama/gemma.ts";
import { gemma2 } from "./rows/decoders/like-llama/gemma2.ts";
import { gemma3Text } from "./rows/decoders/like-llama/gemma3-text.ts";
import { granite } from "./rows/decoders/like-llama/granite.ts";
import { llama } from "./rows/decoders/like-llama/llama.ts";
import { ministral } from "./rows/decoders/like-llama/ministral.ts";
import { mistral } from "./rows/decoders/like-llama/mistral.ts";
import { phi } from "./rows/decoders/like-llama/phi.ts";
import { phi3 } from "./rows/decoders/like-llama/phi3.ts";
import { qwen2 } from "./rows/decoders/like-llama/qwen2.ts";
import { qwen3 } from "./rows/decoders/like-llama/qwen3.ts";
import { smollm3 } from "./rows/decoders/like-llama/smollm3.ts";
import { stablelm } from "./rows/decoders/like-llama/stablelm.ts";
import { starcoder2 } from "./rows/decoders/like-llama/starcoder2.ts";
import { cohere2 } from "./rows/decoders/other-norms/cohere2.ts";
import { exaone4 } from "./rows/decoders/other-norms/exaone4.ts";
import { glm4 } from "./rows/decoders/other-norms/glm4.ts";
import { olmo } from "./rows/decoders/other-norms/olmo.ts";
import { olmo2 } from "./rows/decoders/other-norms/olmo2.ts";
import { bart } from "./rows/encoder-decoders/bart.ts";
import { t5 } from "./rows/encoder-decoders/t5.ts";
import { bert } from "./rows/encoders/bert.ts";
import { camembert } from "./rows/encoders/camembert.ts";
import { distilbert } from "./rows/encoders/distilbert.ts";
import { electra } from "./rows/encoders/electra.ts";
import { roberta } from "./rows/encoders/roberta.ts";
import { vit } from "./rows/encoders/vit.ts";
import { xlmRoberta } from "./rows/encoders/xlm-roberta.ts";

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
  granite,
  ministral,
  smollm3,
  olmo,
  cohere2,
  glm4,
  exaone4,
  gptj,
  gptNeo,
  bloom,
  falcon,
  bert,
  roberta,
  xlmRoberta,
  camembert,
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
