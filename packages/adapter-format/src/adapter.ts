// An adapter as plain data.

import type { LoraConfig } from "./lora-config.ts";

/** One tensor of an adapter, in torch's layout. */
export interface AdapterTensor {
  readonly shape: readonly number[];
  /** In row-major order. */
  readonly values: Float32Array;
}

/** A LoRA adapter: what PEFT keeps in a folder. */
export interface Adapter {
  readonly config: LoraConfig;
  /** By PEFT's key without "base_model.model.": "transformer.h.0.attn.c_attn.lora_A.weight". */
  readonly tensors: ReadonlyMap<string, AdapterTensor>;
  /** Texts in the weights file's header besides "format". */
  readonly metadata: ReadonlyMap<string, string>;
}
