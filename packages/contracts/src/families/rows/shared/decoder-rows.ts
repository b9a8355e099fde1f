// Rows that decoder-only families share: LLaMA's module names, which many families use, and the two heads that transformers has for
// every decoder.

import type { SwitchName } from "../../config-names.ts";
import type { ConfigTable } from "../../config-table.ts";
import type { Family, LinearRow, Width } from "../../family.ts";
import type { Task } from "../../task.ts";
import { commonSizes, layerSizesOr, linearRows, normRows, sizeRow } from "./module-rows.ts";

type Bias = boolean | SwitchName;

/** Query, key, value and output as separate projections; `{n}` is the layer's index. */
export function separateAttention(bias: Bias, output: { readonly name?: string; readonly bias?: Bias } = {}) {
  const { name = "o_proj", bias: outputBias = bias } = output;
  return [
    ...linearRows({ bias, layout: "out-in" }, [
      ["layers.{n}.self_attn.q_proj", "hidden", "queries"],
      ["layers.{n}.self_attn.k_proj", "hidden", "key-values"],
      ["layers.{n}.self_attn.v_proj", "hidden", "key-values"],
    ]),
    ...linearRows({ bias: outputBias, layout: "out-in" }, [[`layers.{n}.self_attn.${name}`, "queries", "hidden"]]),
  ];
}

/** down(activation(gate(x))·up(x)), of the module `name`. */
export function gatedFeedForward(bias: Bias, name = "mlp"): readonly LinearRow[] {
  return linearRows({ bias, layout: "out-in" }, [
    [`layers.{n}.${name}.gate_proj`, "hidden", "intermediate"],
    [`layers.{n}.${name}.up_proj`, "hidden", "intermediate"],
    [`layers.{n}.${name}.down_proj`, "intermediate", "hidden"],
  ]);
}

/** down(activation(up(x))); `up` and `down` are the paths of the two linear layers, with `{n}`. */
export function plainFeedForward(up: string, down: string, bias: Bias): readonly LinearRow[] {
  return linearRows({ bias, layout: "out-in" }, [
    [up, "hidden", "intermediate"],
    [down, "intermediate", "hidden"],
  ]);
}

interface DecoderHeadOptions {
  /** Whether `lm_head` has a bias. */
  readonly bias?: boolean;
  readonly inFeatures?: Width;
  readonly tokens?: "score" | "classifier";
  /** The base model's attribute in question answering, if it differs. */
  readonly questionPrefix?: string;
}

/**
 * The heads of a decoder: `lm_head`, tied to the embedding if the configuration sets it, `score`, a token classifier and
 * `qa_outputs`. A family's classes decide which of them it has.
 */
export function decoderHeads(
  embedding: string,
  { bias = false, inFeatures = "hidden", tokens = "score", questionPrefix }: DecoderHeadOptions = {},
): Family["heads"] {
  const layout = "out-in";
  const classifier = (path: string, hasBias: boolean, outFeatures: Width): LinearRow => {
    return { path, role: "output-head", inFeatures, outFeatures, bias: hasBias, layout, newIfMissing: true };
  };
  return {
    "causal-lm": {
      linears: [{ path: "lm_head", role: "output-head", inFeatures, outFeatures: "vocabulary", bias, layout }],
      tie: { head: "lm_head", embedding },
    },
    "sequence-classification": { linears: [classifier("score", false, "labels")] },
    "token-classification": { linears: [classifier(tokens, true, "labels")] },
    "question-answering": {
      linears: [classifier("qa_outputs", true, 2)],
      ...(questionPrefix === undefined ? {} : { basePrefix: questionPrefix }),
    },
  };
}

/** Tasks that transformers has for some decoders only. */
type ExtraTask = "token-classification" | "question-answering";

const extraHeads: Readonly<Record<ExtraTask, string>> = {
  "token-classification": "ForTokenClassification",
  "question-answering": "ForQuestionAnswering",
};

/** The classes of a family by the prefix of their names: "Mistral" → MistralForCausalLM and so on. */
export function decoderClasses(name: string, extra: readonly ExtraTask[] = []): Family["architectures"] {
  return new Map<string, Task>([
    [`${name}ForCausalLM`, "causal-lm"],
    [`${name}ForSequenceClassification`, "sequence-classification"],
    ...extra.map((task) => [`${name}${extraHeads[task]}`, task] as const),
    [`${name}Model`, "feature-extraction"],
  ]);
}

/** The classes of a family without classifiers. */
export function languageModelClasses(name: string): Family["architectures"] {
  return new Map([
    [`${name}ForCausalLM`, "causal-lm"],
    [`${name}Model`, "feature-extraction"],
  ]);
}

/** Dropout before the token classifier, with the keys of transformers' generic head. */
export const tokenDropout = { keys: ["classifier_dropout", "hidden_dropout"], fallback: 0.1 } as const;

interface DecoderSizes {
  /** The default for a file without it. */
  readonly maxPositions: number;
  /** The default for a file without it: unless given, the number of heads; null in a family whose heads share no keys. */
  readonly keyValueHeads?: number | null;
  /** The default for a file without it; null: it follows from the other sizes. Unless given, it always does. */
  readonly headSize?: number | null;
}

/** The common sizes, with defaults for files that lack some of them. */
export function decoderSizes({ maxPositions, keyValueHeads, headSize }: DecoderSizes): Family["config"]["sizes"] {
  return {
    ...commonSizes,
    ...(keyValueHeads === null
      ? {}
      : { keyValueHeads: sizeRow("num_key_value_heads", keyValueHeads ?? { times: 1, of: "heads" }) }),
    ...(headSize === undefined ? {} : { headSize: sizeRow("head_dim", headSize ?? undefined) }),
    maxPositions: sizeRow("max_position_embeddings", maxPositions),
  };
}

/** LLaMA's root-mean-square norms, two in a layer and one at the end. */
export const decoderNorms = normRows("root-mean-square", [
  "layers.{n}.input_layernorm",
  "layers.{n}.post_attention_layernorm",
  "norm",
]);

/** Rotary frequencies follow from the configuration; files made before transformers 4.32 also store them. */
export const rotaryBuffers = ["rotary_emb.inv_freq"] as const;

/** Whether linear layers have biases, by the keys that LLaMA has for them. */
export const attentionBias = { attentionBias: { key: "attention_bias", fallback: false } } as const;
export const linearBiases = { ...attentionBias, feedForwardBias: { key: "mlp_bias", fallback: false } } as const;

/** The common keys of LLaMA's descendants. */
const llamaConfig = {
  activation: { key: "hidden_act", fallback: "silu" },
  normEpsilon: { key: "rms_norm_eps", fallback: 1e-6 },
  dropouts: { attention: { keys: ["attention_dropout"], fallback: 0 }, classifier: tokenDropout },
  tiedByDefault: false,
  rotary: true,
} as const satisfies Partial<Family["config"]>;

interface Differences extends Partial<Omit<Family, "config">> {
  readonly config: Pick<Family["config"], "sizes"> & Partial<Family["config"]>;
}

interface TextPart extends Partial<Omit<Family, "config" | "architectures">> {
  readonly modelType: string;
  /** The class of transformers. */
  readonly name: string;
  readonly config?: Partial<ConfigTable>;
  /** Default sizes for files without them. */
  readonly defaults?: Parameters<typeof layerSizesOr>[0] & { readonly vocabulary: number };
}

/** A model with images or audio of which the text model is computed, and trained as a language model. */
export function textPart(text: Family, { name, config, defaults, ...rows }: TextPart): Family {
  return {
    ...text,
    basePrefix: "model.language_model",
    heads: { "causal-lm": text.heads["causal-lm"] ?? { linears: [] } },
    ...rows,
    architectures: new Map([[name, "causal-lm"]]),
    config: {
      ...text.config,
      inside: "text_config",
      ...config,
      sizes: {
        ...text.config.sizes,
        ...(defaults && { ...layerSizesOr(defaults), vocabularySize: sizeRow("vocab_size", defaults.vocabulary) }),
      },
      ignored: [...(text.config.ignored ?? []), "text_config", "vision_config", ...(config?.ignored ?? [])],
    },
  };
}

/** LLaMA, or a family with LLaMA's module names; described by the keys and rows that replace LLaMA's. */
export function likeLlama(
  modelType: string,
  architectures: Family["architectures"],
  { config, ...rows }: Differences,
): Family {
  return {
    modelType,
    causal: true,
    basePrefix: "model",
    architectures,
    embeddings: [{ path: "embed_tokens", rows: "vocabulary" }],
    // Off in families whose configuration does not know the switch.
    linears: [...separateAttention("attentionBias"), ...gatedFeedForward("feedForwardBias")],
    norms: decoderNorms,
    heads: decoderHeads("embed_tokens"),
    ignoredFileKeys: rotaryBuffers,
    ...rows,
    config: { ...llamaConfig, ...config },
  };
}
