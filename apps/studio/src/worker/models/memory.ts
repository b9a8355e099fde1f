// How much memory a model takes while it is trained, from its sizes alone, and how much a tab may have.

import type { ModelConfig } from "@lowrank/contracts/families";

/** What is trained: rows of a batch, tokens of a row. */
export interface StepSize {
  readonly rows: number;
  readonly tokens: number;
}

/** What the estimate of a model stands for until rows are known. */
const usualStep: StepSize = { rows: 8, tokens: 128 };

type Sizes = Pick<ModelConfig, "layers" | "hiddenSize" | "intermediateSize" | "vocabularySize">;

/**
 * Bytes of a training step: the weights as they are kept, what each layer keeps of each token for the gradient, and the
 * logits of a chunk of positions. What the browser itself takes is not in it.
 */
export function trainingMemory(sizes: Sizes, weightBytes: number, { rows, tokens }: StepSize = usualStep): number {
  const { layers, hiddenSize, intermediateSize, vocabularySize } = sizes;
  const kept = layers * (8 * hiddenSize + 3 * intermediateSize);
  const logits = 2 * Math.min(rows * tokens, 128) * vocabularySize;
  return Math.round(weightBytes + 4 * (rows * tokens * kept + logits));
}

/** WebAssembly addresses no more. */
const mostOfWasm = 4 * 2 ** 30;

/**
 * Bytes that a tab may take: half of what the device has, and no more than WebAssembly addresses. A browser tells at most
 * 8 GB, and some tell nothing, which counts as 8 GB.
 */
export function mostMemory(deviceMemory: number | undefined): number {
  return Math.min(mostOfWasm, ((deviceMemory ?? 8) * 2 ** 30) / 2);
}
