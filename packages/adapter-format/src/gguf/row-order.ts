// Converts B between PEFT and llama.cpp. llama.cpp's `<name>.weight.lora_a` [rank, inFeatures] and `<name>.weight.lora_b`
// [outFeatures, rank] have PEFT's layout, except that B's rows are permuted like the base's rows, and that the embedding's A is
// transposed, [tokens, rank]. Source: llama.cpp, convert_lora_to_gguf.py and src/llama-adapter.cpp.

import type { ModelConfig } from "@lowrank/contracts/families";
import { type GgufChange, reorderRows, storedRowOf } from "@lowrank/contracts/families/gguf";
import type { AdapterTensor } from "../lora-config.ts";

/** The embedding, whose A is transposed. */
export const tokenEmbedding = "token_embd.weight";

/** The order of B's rows in a GGUF file. */
export interface RowOrder {
  readonly change: GgufChange | undefined;
  readonly config: ModelConfig;
}

/** B in PEFT's order → in llama.cpp's order, multiplied by `factor`. */
export function toStoredRows({ shape, values }: AdapterTensor, order: RowOrder, factor: number): AdapterTensor {
  const [rows = 0, width = 0] = shape;
  const rowOf = storedRowOf(order.change, rows, order.config) ?? ((row: number) => row);
  const result = new Float32Array(values.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < width; column++)
      result[rowOf(row) * width + column] = values[row * width + column]! * factor;
  return { shape, values: result };
}

/** B in llama.cpp's order → in PEFT's order. */
export function fromStoredRows({ shape, values }: AdapterTensor, order: RowOrder): AdapterTensor {
  const [rows = 0] = shape;
  const storedRow = storedRowOf(order.change, rows, order.config);
  return {
    shape,
    values:
      storedRow === undefined ? values : reorderRows(values, new Float32Array(values.length), { rows, storedRow }),
  };
}
