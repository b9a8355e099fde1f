// Describes how GGUF, llama.cpp's file format, names and stores a family's tensors.

/** One module's name in GGUF. */
export interface GgufNameRow {
  /** GGUF's name without ".weight": "blk.{n}.attn_q". */
  readonly gguf: string;
  /**
   * transformers' module path with the base prefix: "model.layers.{n}.self_attn.q_proj". With `{e}` for the expert, GGUF's tensor is a
   * stack of these modules' weights, and the path is that of a piece in the family's `stackedFileKeys`.
   */
  readonly path: string;
  /** How the file's numbers differ from transformers'. */
  readonly change?: GgufChange;
}

/**
 * What llama.cpp's converter does to a tensor:
 * - "pairs-of-heads", "pairs-of-key-heads": rows are in the order that rotates adjacent pairs instead of halves, for each
 *   query or key head: [heads, headSize/2, 2] instead of [heads, 2, headSize/2];
 * - "apart": rows of all queries, then of all keys, then of all values, where transformers sorts them by key head: its
 *   queries, its key, its value;
 * - "transposed": [out, in] instead of [in, out];
 * - "one-channel": [features, taps] instead of [features, 1, taps], or [features] instead of [1, features];
 * - "plus-one": 1 was added.
 */
export type GgufChange = "pairs-of-heads" | "pairs-of-key-heads" | "apart" | "transposed" | "one-channel" | "plus-one";

/** One number's name in GGUF's metadata. */
export interface GgufConfigRow {
  /** Metadata key after "<architecture>.": "embedding_length". */
  readonly gguf: string;
  /** config.json's key: "hidden_size". */
  readonly key: string;
}

/** A file's metadata keys after "<architecture>.", with bigint values as numbers. */
export type GgufFields = ReadonlyMap<string, unknown>;

/** GGUF's view of one family. */
export interface GgufTable {
  /** `general.architecture`. */
  readonly architecture: string;
  /** `model_type` of the same family. */
  readonly modelType: string;
  /** The task of the file's models; absent: "causal-lm". */
  readonly task?: "feature-extraction";
  readonly names: readonly GgufNameRow[];
  /** Modules that llama.cpp does not use, by transformers' paths. Its files do not have them. */
  readonly unread?: readonly string[];
  readonly config: readonly GgufConfigRow[];
  /** Keys of config.json that are derived from the file's tensor names and metadata. */
  readonly implied?: (tensorNames: ReadonlySet<string>, fields: GgufFields) => Readonly<Record<string, unknown>>;
  /** Values that keys of this file must have if they are present, because llama.cpp or the family computes with no others. */
  readonly needs?: (fields: GgufFields) => Readonly<Record<string, unknown>>;
  /** llama.cpp does not load the file without `output.weight`: a tied model has its embedding twice. */
  readonly needsHead?: true;
  /** llama.cpp limits attention to the file's sliding window. For other architectures it ignores that key. */
  readonly computesWindows?: true;
  /** config.json's key for the share of each head that rotates; absent: all. */
  readonly rotaryShare?: string;
}
