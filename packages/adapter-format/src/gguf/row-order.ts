// A pair of llama.cpp's adapters beside PEFT's. The tensors `<name>.weight.lora_a` [rank, inFeatures] and
// `<name>.weight.lora_b` [outFeatures, rank] lie as PEFT's, except that B's rows go where the base's rows go, and that the A of
// a table of tokens is turned, [tokens, rank]. Source: llama.cpp, convert_lora_to_gguf.py and src/llama-adapter.cpp.

import type { ModelConfig } from "@lowrank/contracts/families";
import { type GgufChange, reorderRows, storedRowOf } from "@lowrank/contracts/families/gguf";
import type { AdapterTensor } from "../lora-config.ts";

/** The table of tokens, whose A is turned. */
export const tokenTable = "token_embd.weight";

/** How B's rows lie in the base of a GGUF file. */
export interface RowOrder {
  readonly change: GgufChange | undefined;
  readonly config: ModelConfig;
}

/** B as PEFT has it → as llama.cpp has it, every number times `factor`. */
export function toStoredRows({ shape, values }: AdapterTensor, order: RowOrder, factor: number): AdapterTensor {
  const [rows = 0, width = 0] = shape;
  const rowOf = storedRowOf(order.change, rows, order.config) ?? ((row: number) => row);
  const result = new Float32Array(values.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < width; column++)
      result[rowOf(row) * width + column] = values[row * width + column]! * factor;
  return { shape, values: result };
}

/** The reverse. */
export function fromStoredRows({ shape, values }: AdapterTensor, order: RowOrder): AdapterTensor {
  const [rows = 0] = shape;
  const storedRow = storedRowOf(order.change, rows, order.config);
  return {
    shape,
    values:
      storedRow === undefined ? values : reorderRows(values, new Float32Array(values.length), { rows, storedRow }),
  };
}
