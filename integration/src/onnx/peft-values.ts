// Inputs of a fixture of PEFT's, and what PEFT computed of them.

import { readFileSync } from "node:fs";
import { parseSafetensors } from "@lowrank/safetensors/internal";
import { peftFixture } from "./fold-fixture.ts";

type Rows = readonly (readonly number[])[];

export interface PeftValues {
  readonly inputs: { readonly inputIds: Rows; readonly mask: Rows };
  readonly base: Float32Array;
  readonly adapted: Float32Array;
}

export function peftValues(name: string): PeftValues {
  const expected = parseSafetensors(new Uint8Array(readFileSync(peftFixture(name, "expected.safetensors"))));
  const rowsOf = (key: string) => {
    const [rows = 0, columns = 0] = expected.tensors.get(key)!.shape;
    const values = expected.int32(key);
    return Array.from({ length: rows }, (_, row) => [...values.subarray(row * columns, (row + 1) * columns)]);
  };
  const inputs = { inputIds: rowsOf("input_ids"), mask: rowsOf("attention_mask") };
  return { inputs, base: expected.float32("base.logits"), adapted: expected.float32("adapter.logits") };
}
