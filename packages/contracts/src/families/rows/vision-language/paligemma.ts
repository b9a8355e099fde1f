// PaliGemma (Beyer et al. 2024) and PaliGemma 2 (Steiner et al. 2024), as transformers' modeling_paligemma.py names them: SigLIP's
// encoder of images, one linear layer, and Gemma 1 or 2, which reads the result in place of image tokens.

import { jsonObject } from "../../config/config-reader.ts";
import type { ConfigValues } from "../../config-values.ts";
import type { Family } from "../../family.ts";
import { gemma2 } from "../decoders/like-llama/gemma.ts";
import { gemma3 } from "../decoders/other-norms/gemma3-text.ts";
import { linearRows } from "../shared/module-rows.ts";

const { config, heads, norms } = gemma2;
const hasNormsAfter = ({ switches }: ConfigValues) => switches.normAfter;

/** The tables of `paligemma`, whose text model is of either type. */
export const paligemma: Family = {
  ...gemma3, // whose tower and modules have the same names
  modelType: "paligemma",
  architectures: new Map([["PaliGemmaForConditionalGeneration", "causal-lm"]]),
  config: {
    ...config,
    inside: "text_config",
    sizes: { ...config.sizes, keyValueHeads: { keys: ["num_key_value_heads"] } },
    switches: {
      ...config.switches,
      normAfter: { key: "text_config.model_type", values: ["gemma", "gemma2"], fallback: false },
    },
    imageToken: { keys: ["image_token_index", "image_token_id"], fallback: 256_000 },
    respell: withTextModel,
    derive: (values) => {
      return { ...values, visionSize: values.towers["model.vision_tower"]?.hiddenSize ?? 0, mergedSide: 1 };
    },
    ignored: [
      ...(config.ignored ?? []),
      ...["text_config", "vision_config", "ignore_index", "num_image_tokens", "projection_dim"],
      // The mask follows from the prompt, whatever the file has.
      "use_bidirectional_attention",
    ],
  },
  norms: norms.map((row) => (row.path.includes("_feedforward_") ? { ...row, when: hasNormsAfter } : row)),
  heads: {
    "causal-lm": {
      ...heads["causal-lm"],
      linears: [
        ...linearRows({ bias: true, layout: "out-in" }, [["model.multi_modal_projector.linear", "vision", "hidden"]]),
        ...(heads["causal-lm"]?.linears ?? []),
      ],
    },
  },
};

/** The text model's own sizes, which the outer object repeats with other numbers. Gemma 1 has no windows and no soft caps. */
function withTextModel(values: ReadonlyMap<string, unknown>): ReadonlyMap<string, unknown> {
  const text = jsonObject(values.get("text_config"));
  const type = text?.get("model_type") ?? "gemma";
  const activation = text?.get("hidden_act");
  const withoutGemma2 = [
    ["hidden_activation", activation === "gelu" ? null : activation], // as in the files of Gemma 1, "gelu" is the one by tanh
    ...["attn_logit_softcapping", "final_logit_softcapping", "query_pre_attn_scalar", "sliding_window"].map(
      (key) => [key, null] as const,
    ),
  ] as const;
  return new Map<string, unknown>([
    ...values,
    ...["hidden_size", "vocab_size"].map((key) => [key, text?.get(key)] as const),
    ["text_config.model_type", type],
    ...(type === "gemma" ? withoutGemma2 : []),
  ]);
}
