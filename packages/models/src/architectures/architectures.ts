// The table of forward passes. A new family: its file, and one line here.

import { UnsupportedModelError } from "@lowrank/contracts/families";
import {
  bertHeads,
  debertaV2Heads,
  distilbertHeads,
  electraHeads,
  modernbertHeads,
  robertaHeads,
} from "../heads/families/bert-heads.ts";
import { decoderHeads } from "../heads/families/decoder-heads.ts";
import { dinov2Heads, swinHeads, vitHeads } from "../heads/families/image-heads.ts";
import { sequenceToSequenceHeads } from "../heads/families/sequence-to-sequence-heads.ts";
import {
  clipHeads,
  clipTextHeads,
  clipVisionHeads,
  siglipHeads,
  siglipTextHeads,
  siglipVisionHeads,
} from "../heads/families/tower-heads.ts";
import type { Head } from "../heads/head.ts";
import type { PartList } from "../parts/part-list.ts";
import type { Trunk } from "../parts/trunk/trunk.ts";
import { gptOss } from "./decoders/gpt-oss.ts";
import { lfm2 } from "./decoders/lfm2.ts";
import { bloom, falcon, gpt2, gptj, gptNeo, gptNeox, opt, xglm } from "./decoders/like-gpt.ts";
import {
  cohere2,
  exaone4,
  gemma2,
  glm4,
  hyperclovax,
  llama,
  olmo2,
  phi,
  phi3,
  stablelm,
  starcoder2,
} from "./decoders/like-llama.ts";
import { mixtral } from "./decoders/mixtral.ts";
import { qwen35 } from "./decoders/qwen3-5.ts";
import { bart, m2m100 } from "./encoder-decoders/bart.ts";
import { t5 } from "./encoder-decoders/t5.ts";
import { whisper } from "./encoder-decoders/whisper.ts";
import { albert, bert, distilbert, mpnet, nomicBert, roberta } from "./encoders/bert.ts";
import { debertaV2 } from "./encoders/deberta-v2.ts";
import { modernbert } from "./encoders/modernbert.ts";
import { textTower, towers, visionTower } from "./vision/clip.ts";
import { dinov2, dinov2WithRegisters } from "./vision/dinov2.ts";
import { swin } from "./vision/swin.ts";
import { vit } from "./vision/vit.ts";

export interface Architecture {
  trunk(model: PartList): Trunk;
  /** The head of the plan's task. */
  head(model: PartList, trunk: Trunk): Head;
}

/** Model types that compute alike. */
function alike(
  modelTypes: readonly string[],
  architecture: Architecture,
): readonly (readonly [string, Architecture])[] {
  return modelTypes.map((modelType) => [modelType, architecture]);
}

const architectures: ReadonlyMap<string, Architecture> = new Map([
  ...alike(["gpt2", "gpt_bigcode"], { trunk: gpt2, head: decoderHeads }),
  ...alike(["llama", "mistral", "qwen2", "qwen3", "gemma", "granite"], { trunk: llama, head: decoderHeads }),
  ...alike(["ministral", "smollm3", "olmo", "exaone"], { trunk: llama, head: decoderHeads }),
  ...alike(["gemma2", "gemma3", "gemma3_text"], { trunk: gemma2, head: decoderHeads }),
  ["phi", { trunk: phi, head: decoderHeads }],
  ["phi3", { trunk: phi3, head: decoderHeads }],
  ["gpt_neox", { trunk: gptNeox, head: decoderHeads }],
  ["stablelm", { trunk: stablelm, head: decoderHeads }],
  ["starcoder2", { trunk: starcoder2, head: decoderHeads }],
  ...alike(["olmo2", "olmo3"], { trunk: olmo2, head: decoderHeads }),
  ["cohere2", { trunk: cohere2, head: decoderHeads }],
  ["glm4", { trunk: glm4, head: decoderHeads }],
  ["exaone4", { trunk: exaone4, head: decoderHeads }],
  ["hyperclovax", { trunk: hyperclovax, head: decoderHeads }],
  ["xglm", { trunk: xglm, head: decoderHeads }],
  ["lfm2", { trunk: lfm2, head: decoderHeads }],
  ...alike(["qwen3_5", "qwen3_5_text"], { trunk: qwen35, head: decoderHeads }),
  ...alike(["mixtral", "qwen2_moe", "qwen3_moe"], { trunk: mixtral, head: decoderHeads }),
  ["gpt_oss", { trunk: gptOss, head: decoderHeads }],
  ["gptj", { trunk: gptj, head: decoderHeads }],
  ["gpt_neo", { trunk: gptNeo, head: decoderHeads }],
  ["bloom", { trunk: bloom, head: decoderHeads }],
  ["falcon", { trunk: falcon, head: decoderHeads }],
  ["opt", { trunk: opt, head: decoderHeads }],
  ["bert", { trunk: bert, head: bertHeads }],
  ...alike(["roberta", "xlm-roberta", "camembert"], { trunk: roberta, head: robertaHeads }),
  ["distilbert", { trunk: distilbert, head: distilbertHeads }],
  ["electra", { trunk: bert, head: electraHeads }],
  ["modernbert", { trunk: modernbert, head: modernbertHeads }],
  ["nomic_bert", { trunk: nomicBert, head: bertHeads }],
  ["mpnet", { trunk: mpnet, head: robertaHeads }],
  ["albert", { trunk: albert, head: bertHeads }],
  ["deberta-v2", { trunk: debertaV2, head: debertaV2Heads }],
  ...alike(["t5", "mt5", "umt5"], { trunk: t5, head: sequenceToSequenceHeads }),
  ...alike(["bart", "mbart", "marian", "pegasus"], { trunk: bart, head: sequenceToSequenceHeads }),
  ["m2m_100", { trunk: m2m100, head: sequenceToSequenceHeads }],
  ["whisper", { trunk: whisper, head: sequenceToSequenceHeads }],
  ...alike(["vit", "deit"], { trunk: vit, head: vitHeads }),
  ["swin", { trunk: swin, head: swinHeads }],
  ["clip", { trunk: towers, head: clipHeads }],
  ["clip_text_model", { trunk: textTower, head: clipTextHeads }],
  ["clip_vision_model", { trunk: visionTower, head: clipVisionHeads }],
  ["siglip", { trunk: towers, head: siglipHeads }],
  ["siglip_text_model", { trunk: textTower, head: siglipTextHeads }],
  ["siglip_vision_model", { trunk: visionTower, head: siglipVisionHeads }],
  ["dinov2", { trunk: dinov2, head: dinov2Heads }],
  ["dinov2_with_registers", { trunk: dinov2WithRegisters, head: dinov2Heads }],
]);

export function architectureFor(modelType: string): Architecture {
  const architecture = architectures.get(modelType);
  if (architecture === undefined) throw new UnsupportedModelError(modelType, [...architectures.keys()].sort());
  return architecture;
}
