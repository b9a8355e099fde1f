// The table of forward passes. A new family: its file, and one line here.

import { unsupportedModelError } from "@lowrank/contracts/families/internal";
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
import { type Head, noHead } from "../heads/head.ts";
import type { Backbone } from "../parts/backbone/backbone.ts";
import type { PartList } from "../parts/part-list.ts";
import { cohere2 } from "./decoders/cohere2.ts";
import { deepseekV3 } from "./decoders/deepseek-v3.ts";
import { falconH1 } from "./decoders/falcon-h1.ts";
import { gemma3n } from "./decoders/gemma3n.ts";
import { gemma4 } from "./decoders/gemma4.ts";
import { gptOss } from "./decoders/gpt-oss.ts";
import { graniteMoeHybrid } from "./decoders/granite-moe-hybrid.ts";
import { lfm2 } from "./decoders/lfm2.ts";
import { bloom, falcon, gpt2, gptj, gptNeo, gptNeox, opt, xglm } from "./decoders/like-gpt.ts";
import {
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
import { gemma3 } from "./vision-language/gemma3.ts";
import { idefics3 } from "./vision-language/idefics3.ts";
import { paligemma } from "./vision-language/paligemma.ts";
import { qwen3Vl } from "./vision-language/qwen3-vl.ts";

export interface Architecture {
  backbone(model: PartList): Backbone;
  /** The head of the plan's task. */
  head(model: PartList, backbone: Backbone): Head;
}

/** One architecture for several model types. */
function forTypes(
  modelTypes: readonly string[],
  architecture: Architecture,
): readonly (readonly [string, Architecture])[] {
  return modelTypes.map((modelType) => [modelType, architecture]);
}

const architectures: ReadonlyMap<string, Architecture> = new Map([
  ...forTypes(["gpt2", "gpt_bigcode"], { backbone: gpt2, head: decoderHeads }),
  ...forTypes(["llama", "mistral", "qwen2", "qwen3", "gemma", "granite"], { backbone: llama, head: decoderHeads }),
  ...forTypes(["ministral", "ministral3", "mistral3", "smollm3", "olmo", "exaone"], {
    backbone: llama,
    head: decoderHeads,
  }),
  ...forTypes(["gemma2", "gemma3_text"], { backbone: gemma2, head: decoderHeads }),
  ...forTypes(["gemma3n", "gemma3n_text"], { backbone: gemma3n, head: decoderHeads }),
  ...forTypes(["gemma4", "gemma4_text"], { backbone: gemma4, head: decoderHeads }),
  ["phi", { backbone: phi, head: decoderHeads }],
  ["phi3", { backbone: phi3, head: decoderHeads }],
  ["gpt_neox", { backbone: gptNeox, head: decoderHeads }],
  ["stablelm", { backbone: stablelm, head: decoderHeads }],
  ["starcoder2", { backbone: starcoder2, head: decoderHeads }],
  ...forTypes(["olmo2", "olmo3"], { backbone: olmo2, head: decoderHeads }),
  ...forTypes(["cohere2", "cohere2_moe"], { backbone: cohere2, head: decoderHeads }),
  ["glm4", { backbone: glm4, head: decoderHeads }],
  ["exaone4", { backbone: exaone4, head: decoderHeads }],
  ["hyperclovax", { backbone: hyperclovax, head: decoderHeads }],
  ["xglm", { backbone: xglm, head: decoderHeads }],
  ["lfm2", { backbone: lfm2, head: decoderHeads }],
  ...forTypes(["qwen3_5", "qwen3_5_text", "qwen3_5_moe", "qwen3_5_moe_text", "qwen3_next"], {
    backbone: qwen35,
    head: decoderHeads,
  }),
  ...forTypes(["mixtral", "qwen2_moe", "qwen3_moe", "glm4_moe"], { backbone: mixtral, head: decoderHeads }),
  ["granitemoehybrid", { backbone: graniteMoeHybrid, head: decoderHeads }],
  ["falcon_h1", { backbone: falconH1, head: decoderHeads }],
  ["deepseek_v3", { backbone: deepseekV3, head: decoderHeads }],
  ["gpt_oss", { backbone: gptOss, head: decoderHeads }],
  ["gptj", { backbone: gptj, head: decoderHeads }],
  ["gpt_neo", { backbone: gptNeo, head: decoderHeads }],
  ["bloom", { backbone: bloom, head: decoderHeads }],
  ["falcon", { backbone: falcon, head: decoderHeads }],
  ["opt", { backbone: opt, head: decoderHeads }],
  ["bert", { backbone: bert, head: bertHeads }],
  ...forTypes(["roberta", "xlm-roberta", "camembert"], { backbone: roberta, head: robertaHeads }),
  ["distilbert", { backbone: distilbert, head: distilbertHeads }],
  ["electra", { backbone: bert, head: electraHeads }],
  ["modernbert", { backbone: modernbert, head: modernbertHeads }],
  ["nomic_bert", { backbone: nomicBert, head: bertHeads }],
  ["mpnet", { backbone: mpnet, head: robertaHeads }],
  ["albert", { backbone: albert, head: bertHeads }],
  ["deberta-v2", { backbone: debertaV2, head: debertaV2Heads }],
  ...forTypes(["t5", "mt5", "umt5"], { backbone: t5, head: sequenceToSequenceHeads }),
  ...forTypes(["bart", "mbart", "marian", "pegasus"], { backbone: bart, head: sequenceToSequenceHeads }),
  ["m2m_100", { backbone: m2m100, head: sequenceToSequenceHeads }],
  ["whisper", { backbone: whisper, head: sequenceToSequenceHeads }],
  ...forTypes(["vit", "deit"], { backbone: vit, head: vitHeads }),
  ["swin", { backbone: swin, head: swinHeads }],
  ["clip", { backbone: towers, head: clipHeads }],
  ["clip_text_model", { backbone: textTower, head: clipTextHeads }],
  ["clip_vision_model", { backbone: visionTower, head: clipVisionHeads }],
  ["siglip", { backbone: towers, head: siglipHeads }],
  ["siglip_text_model", { backbone: textTower, head: siglipTextHeads }],
  ["siglip_vision_model", { backbone: visionTower, head: siglipVisionHeads }],
  ...forTypes(["idefics3", "smolvlm"], { backbone: idefics3, head: decoderHeads }),
  ["gemma3", { backbone: gemma3, head: decoderHeads }],
  ["paligemma", { backbone: paligemma, head: decoderHeads }],
  ["qwen3_vl", { backbone: qwen3Vl, head: decoderHeads }],
  ["idefics3_vision", { backbone: visionTower, head: () => noHead }],
  ["dinov2", { backbone: dinov2, head: dinov2Heads }],
  ["dinov2_with_registers", { backbone: dinov2WithRegisters, head: dinov2Heads }],
]);

export function architectureFor(modelType: string): Architecture {
  const architecture = architectures.get(modelType);
  if (architecture === undefined) throw unsupportedModelError(modelType, [...architectures.keys()].sort());
  return architecture;
}
