// Which modules PEFT adapts when the user names none. PEFT 0.21.2, utils/constants.py,
// TRANSFORMERS_MODELS_TO_LORA_TARGET_MODULES_MAPPING.

const queryAndValue = ["q_proj", "v_proj"];
const fused = ["query_key_value"];

/** A list of module names, or (gemma4) one regular expression on whole paths. */
const targets: ReadonlyMap<string, string | readonly string[]> = new Map<string, string | readonly string[]>([
  ["t5", ["q", "v"]],
  ["mt5", ["q", "v"]],
  ["bart", queryAndValue],
  ["gpt2", ["c_attn"]],
  ["bloom", fused],
  ["blip-2", ["q", "v", "q_proj", "v_proj"]],
  ["opt", queryAndValue],
  ["gptj", queryAndValue],
  ["gpt_neox", fused],
  ["gpt_neo", queryAndValue],
  ["bert", ["query", "value"]],
  ["roberta", ["query", "value"]],
  ["xlm-roberta", ["query", "value"]],
  ["electra", ["query", "value"]],
  ["deberta-v2", ["query_proj", "value_proj"]],
  ["deberta", ["in_proj"]],
  ["layoutlm", ["query", "value"]],
  ["llama", queryAndValue],
  ["llama4", queryAndValue],
  ["chatglm", fused],
  ["gpt_bigcode", ["c_attn"]],
  ["mpt", ["Wqkv"]],
  ["RefinedWebModel", fused],
  ["RefinedWeb", fused],
  ["falcon", fused],
  ["btlm", ["c_proj", "c_attn"]],
  ["codegen", ["qkv_proj"]],
  ["mistral", queryAndValue],
  ["mixtral", queryAndValue],
  ["stablelm", queryAndValue],
  ["phi", ["q_proj", "v_proj", "fc1", "fc2"]],
  ["gemma", queryAndValue],
  ["gemma2", queryAndValue],
  ["gemma3_text", queryAndValue],
  ["gemma4", ".*language_model\\..*\\.(q_proj|v_proj)"],
  ["qwen2", queryAndValue],
  ["qwen3", queryAndValue],
  ["nemotron_h", ["q_proj", "k_proj", "v_proj", "o_proj"]],
  ["rwkv", ["key", "value", "receptance", "output"]],
  ["rwkv7", ["r_proj", "k_proj", "v_proj", "o_proj", "key", "value"]],
]);

/**
 * PEFT's default target modules of a `model_type`, or null where PEFT has none.
 *
 * @example
 * ```ts
 * import { defaultTargetsOf } from "@lowrank/contracts/families";
 *
 * if (String(defaultTargetsOf("bert")) !== "query,value") throw new Error("unexpected targets");
 * ```
 */
export function defaultTargetsOf(modelType: string): string | readonly string[] | null {
  return targets.get(modelType) ?? null;
}
