// How GGUF, llama.cpp's file format, names and stores a family's tensors.

/** One module's name in GGUF. */
export interface GgufNameRow {
  /** GGUF's name without ".weight": "blk.{n}.attn_q". */
  readonly gguf: string;
  /** transformers' module path with the base prefix: "model.layers.{n}.self_attn.q_proj". */
  readonly path: string;
  /**
   * Rows are stored in the order that rotates adjacent pairs instead of halves, for each head:
   * [heads, headSize/2, 2] instead of [heads, 2, headSize/2]. Says which number of heads splits the rows.
   */
  readonly permutedRows?: "heads" | "keyValueHeads";
}

/** One number's name in GGUF's metadata. */
export interface GgufConfigRow {
  /** Metadata key after "<architecture>.": "embedding_length". */
  readonly gguf: string;
  /** config.json's key: "hidden_size". */
  readonly key: string;
}

/** GGUF's view of one family, whose causal language models it holds. */
export interface GgufTable {
  /** `general.architecture`. */
  readonly architecture: string;
  /** config.json's word for the same family. */
  readonly modelType: string;
  readonly names: readonly GgufNameRow[];
  readonly config: readonly GgufConfigRow[];
  /** Tensors that change the computation in ways not handled, with the reason. */
  readonly refusedTensors: ReadonlyMap<string, string>;
}
