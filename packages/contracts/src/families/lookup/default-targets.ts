// PEFT's default target modules. Source: PEFT 0.21.2, utils/constants.py,
// TRANSFORMERS_MODELS_TO_LORA_TARGET_MODULES_MAPPING.

/**
 * The end of a message about an unknown name: " The nearest supported one is "bert".", or which part of a similarly named model is
 * not supported, or an empty text.
 */
export function withRelative(unknown: unknown, supported: readonly string[]): string {
  if (typeof unknown !== "string") return "";
  const [, lack] = lacking.find(([name]) => name.test(unknown)) ?? [];
  if (lack !== undefined) return ` ${lack}`;
  const nearest = nearestRelative(unknown, supported);
  return nearest === undefined ? "" : ` The nearest supported one is "${nearest}".`;
}

/** Names of unsupported models that resemble a supported one. */
const lacking: readonly (readonly [RegExp, string])[] = [
  [/^(falcon_mamba|[bjmz]amba|nemotron_h)/, "Models with state-space (Mamba) layers are not supported."],
  [/^switch_transformers/, "T5 with a mixture of experts is not supported."],
  [/^(hubert|wav2vec2|wavlm|unispeech|sew)/, "Of the models that read audio, only whisper is supported."],
  [/^llama4/, "Chunked attention together with a mixture of experts is not supported."],
];

/**
 * The longest supported name whose words are all in the unknown one. Otherwise the name with the longest common prefix, among names
 * that the unknown one starts with, or that have its letters up to the first digit. Weaker matches would mislead: hubert is not bert.
 */
function nearestRelative(unknown: string, supported: readonly string[]): string | undefined {
  const words = wordsOf(unknown);
  const within = supported.filter((name) => wordsOf(name).every((word) => words.includes(word)));
  if (within.length > 0) return within.reduce((one, other) => (other.length > one.length ? other : one));
  const letters = lettersOf(unknown);
  const akin = supported.filter(
    (name) => name.length > 3 && (unknown.startsWith(name) || (letters.length > 3 && lettersOf(name) === letters)),
  );
  const alike = (name: string) => {
    const end = [...name].findIndex((letter, index) => letter !== unknown[index]);
    return end === -1 ? name.length : end;
  };
  return akin.sort((one, other) => alike(other) - alike(one))[0];
}

function wordsOf(name: string): readonly string[] {
  return name.split(/[-_]/);
}

function lettersOf(name: string): string {
  return /^[a-z]*/.exec(name)?.[0] ?? "";
}

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
