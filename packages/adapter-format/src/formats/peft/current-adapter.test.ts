// Fields that trainers other than PEFT's write into its files.

import { expect, it } from "vitest";
import { createLoraConfig } from "../../config/create-lora-config.ts";
import { planMatches } from "../../targets/plan-matches.ts";
import { currentAdapter } from "./current-adapter.ts";
import { readAdapter } from "./read-adapter.ts";
import { writeAdapter } from "./write-adapter.ts";

const one = { shape: [1, 1], values: Float32Array.of(1) };
const modules = ["q_proj", "v_proj", "o_proj"].map((name) => `model.layers.0.self_attn.${name}`);
const tensors = new Map(
  modules
    .slice(0, 2)
    .flatMap((path) => [[`${path}.lora_A.weight`, one] as const, [`${path}.lora_B.weight`, one] as const]),
);
const weights = writeAdapter({
  config: createLoraConfig({ rank: 1, targetModules: ["q_proj"] }),
  tensors,
  metadata: new Map(),
})["adapter_model.safetensors"];

/** Additional fields of adapter_config.json. */
const written = {
  axolotl: {
    target_modules: ["v_proj", "q_proj"],
    layers_to_transform: null,
    task_type: "CAUSAL_LM",
    lora_dropout: 0.05,
  },
  trl: {
    target_modules: ["q_proj", "v_proj"],
    base_model_name_or_path: "HuggingFaceTB/SmolLM2-135M",
    peft_version: "0.17.1",
  },
  unsloth: {
    target_modules:
      "(?:.*?(?:language|text).*?(?:self_attn|attention|attn|mlp|feed_forward|ffn|dense).*?(?:q_proj|v_proj).*?)|(?:\\bmodel\\.layers\\.[\\d]{1,}\\.(?:self_attn|attention|attn|mlp|feed_forward|ffn|dense)\\.(?:(?:q_proj|v_proj)))",
    auto_mapping: { base_model_class: "LlamaForCausalLM", unsloth_fixed: true },
    base_model_name_or_path: "unsloth/llama-3.2-1b-instruct-bnb-4bit",
  },
  "LLaMA-Factory": { target_modules: "^(?!.*(?:patchify|visual)).*(?:q_proj|v_proj).*" },
  "ms-swift": { target_modules: "^(model)(?!.*(lm_head|output|emb|wte|shared)).*\\.(q_proj|v_proj)" },
};

it.each(Object.entries(written))("reads the files of %s", async (_, fields) => {
  const config = JSON.stringify({ peft_type: "LORA", r: 1, lora_alpha: 2, bias: "none", ...fields });
  const warnings: string[] = [];
  const onWarning = ({ code }: { readonly code: string }) => void warnings.push(code);
  const adapter = currentAdapter(
    await readAdapter({ config, weights }, { onWarning }),
    { modules, parameters: [] },
    onWarning,
  );
  expect(planMatches(adapter.config, modules).matched).toEqual(modules.slice(0, 2));
  expect(warnings).toEqual(fields.target_modules.includes("(?!") ? ["PATTERN_REPLACED"] : []);
});
