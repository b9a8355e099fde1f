// GPT-BigCode (Ben Allal et al. 2023: SantaCoder, StarCoder), as transformers' modeling_gpt_bigcode.py names it: GPT-2 with one
// key head for all queries, and linear layers stored [out, in].

import type { Family } from "../../../family.ts";
import { linearRows } from "../../shared/module-rows.ts";
import { gpt2 } from "./gpt2.ts";

/** The tables of `gpt_bigcode`. */
export const gptBigcode: Family = {
  ...gpt2,
  modelType: "gpt_bigcode",
  architectures: new Map([
    ["GPTBigCodeForCausalLM", "causal-lm"],
    ["GPTBigCodeForSequenceClassification", "sequence-classification"],
    ["GPTBigCodeForTokenClassification", "token-classification"],
    ["GPTBigCodeModel", "feature-extraction"],
  ]),
  config: {
    ...gpt2.config,
    activation: { key: "activation_function", fallback: "gelu_pytorch_tanh" },
    switches: {
      scaledScores: { key: "scale_attn_weights", fallback: true },
      sharedKeys: { key: "multi_query", fallback: true },
    },
    derive: (config) => ({ ...config, keyValueHeads: config.switches.sharedKeys ? 1 : config.heads }),
    // How the first implementation rounded and kept its cache; the number of key heads follows from `multi_query`.
    ignored: [
      "attention_softmax_in_fp32",
      "inference_runner",
      "max_batch_size",
      "max_sequence_length",
      "num_key_value_heads",
      "pad_key_length",
      "pre_allocate_kv_cache",
      "scale_attention_softmax_in_fp32",
      "validate_runner_input",
    ],
  },
  linears: linearRows({ bias: true, layout: "out-in" }, [
    ["h.{n}.attn.c_attn", "hidden", "queries-keys-values"],
    ["h.{n}.attn.c_proj", "hidden", "hidden"],
    ["h.{n}.mlp.c_fc", "hidden", "intermediate"],
    ["h.{n}.mlp.c_proj", "intermediate", "hidden"],
  ]),
};
