// Idefics3 (Laurençon et al. 2024) and SmolVLM (Marafioti et al. 2025), as transformers' modeling_idefics3.py names them: SigLIP's
// encoder of images, one linear layer over squares of patches, and LLaMA, which reads the result in place of image tokens.

import type { ConfigValues } from "../../config-values.ts";
import type { Family } from "../../family.ts";
import { llama } from "../decoders/like-llama/llama.ts";
import { layerSizesOr, linearRows } from "../shared/module-rows.ts";
import { visionTower } from "../shared/tower-rows.ts";

const tower = visionTower({
  modelType: "idefics3_vision",
  activation: "gelu_pytorch_tanh",
  epsilon: 1e-6,
  sizes: {
    ...layerSizesOr({ hidden: 1152, intermediate: 3072, layers: 12, heads: 16 }),
    patchSize: { keys: ["patch_size"], fallback: 32, element: 0 },
  },
  hasClassToken: false,
  norms: ["post_layernorm"],
});

/** The tables of `idefics3_vision`, also for files with "smolvlm_vision". */
export const idefics3Vision: Family = {
  ...tower,
  // The sizes are those of the image processor's file, which repeats them.
  config: {
    ...tower.config,
    ignored: [...(tower.config.ignored ?? []), "max_image_size", "size", "use_base_siglip"],
  },
  basePrefix: "vision_model",
  architectures: new Map([["Idefics3VisionTransformer", "feature-extraction"]]),
  heads: {},
};

const { config, heads } = llama;
const towerPath = "model.vision_model";

/** Idefics3's tables for a `model_type` whose classes begin with `name`. */
function likeIdefics3(modelType: string, name: string): Family {
  return {
    ...llama,
    modelType,
    basePrefix: "model.text_model",
    architectures: new Map([[`${name}ForConditionalGeneration`, "causal-lm"]]),
    towers: [{ path: towerPath, key: "vision_config", family: idefics3Vision }],
    config: {
      ...config,
      inside: "text_config",
      sizes: {
        ...config.sizes,
        ...layerSizesOr({ hidden: 4096, intermediate: 11_008, layers: 32, heads: 32 }),
        vocabularySize: { keys: ["vocab_size"], fallback: 32_000 },
        mergedSide: { keys: ["scale_factor"], fallback: 2 },
      },
      imageToken: { keys: ["image_token_id"], fallback: 128_257 },
      // LLaMA's own default is 1e-6, which a text_config without the key has.
      respell: (values) => (values.get("text_config") ? values : new Map([["rms_norm_eps", 1e-5], ...values])),
      derive: withVisionSize,
      // The last two lines: of older code that the published files were made by.
      ignored: [
        ...(config.ignored ?? []),
        ...["_pad_token_id", "text_config", "vision_config"],
        ...["image_seq_len", "perceiver_config", "pixel_shuffle_factor", "qk_layer_norms", "use_resampler"],
        ...["_flash_attn_2_enabled", "neftune_noise_alpha"],
      ],
    },
    heads: {
      "causal-lm": {
        ...heads["causal-lm"],
        linears: [
          ...linearRows({ bias: false, layout: "out-in" }, [
            ["model.connector.modality_projection.proj", "merged-patches", "hidden"],
          ]),
          ...(heads["causal-lm"]?.linears ?? []),
        ],
      },
    },
  };
}

function withVisionSize(values: ConfigValues): ConfigValues {
  return { ...values, visionSize: values.towers[towerPath]?.hiddenSize ?? 0 };
}

/** The tables of `idefics3`. */
export const idefics3 = likeIdefics3("idefics3", "Idefics3");

/** The tables of `smolvlm`. */
export const smolvlm = likeIdefics3("smolvlm", "SmolVLM");
