// What PEFT computed with an adapter (fixtures/peft), and ONNX Runtime for a model that an adapter was put into.

import { readFileSync } from "node:fs";
import type { Adapter } from "@lowrank/adapter-format";
import { readAdapterFolder } from "@lowrank/adapter-format/node";
import type { FoldedOnnx } from "@lowrank/merge/onnx";
import { parseSafetensors } from "@lowrank/safetensors/internal";
import { expect } from "vitest";
import { peftFixture } from "./fold-fixture.ts";

export const ort = await import("onnxruntime-node").catch(() => undefined);
if (ort === undefined) console.info("skipped: ONNX Runtime runs our models – no package onnxruntime-node");
export type Tensor = import("onnxruntime-node").Tensor;
type Session = import("onnxruntime-node").InferenceSession;

export interface Case {
  readonly adapter: Adapter;
  readonly feeds: Record<string, Tensor>;
  readonly mask: ArrayLike<number>;
  readonly base: Float32Array;
  readonly adapted: Float32Array;
}

export async function peftCase(name: string): Promise<Case> {
  const expected = parseSafetensors(new Uint8Array(readFileSync(peftFixture(name, "expected.safetensors"))));
  const integers = (key: string) => {
    const { shape } = expected.tensors.get(key)!;
    const values = BigInt64Array.from(expected.int32(key), (value) => BigInt(value));
    return new ort!.Tensor("int64", values, [...shape]);
  };
  const feeds = { input_ids: integers("input_ids"), attention_mask: integers("attention_mask") };
  return {
    adapter: await readAdapterFolder(peftFixture(name, "adapter")),
    feeds,
    mask: expected.int32("attention_mask"),
    base: expected.float32("base.logits"),
    adapted: expected.float32("adapter.logits"),
  };
}

export async function sessionOf({ files }: FoldedOnnx): Promise<Session> {
  const [model, ...beside] = await Promise.all(files.map((file) => file.bytes()));
  const externalData = beside.map((data, index) => ({ path: files[index + 1]!.name, data }));
  return ort!.InferenceSession.create(model!, { externalData, logSeverityLevel: 3 });
}

export async function logitsOf(folded: FoldedOnnx, feeds: Case["feeds"]): Promise<Float32Array> {
  const session = await sessionOf(folded);
  const { logits } = await session.run(feeds);
  await session.release();
  return logits!.data as Float32Array;
}

export const makeTensor = (...of: unknown[]): Tensor => new ort!.Tensor(...(of as [never, never, never])) as Tensor;

/** At places that count. */
export function difference(one: Float32Array, other: Float32Array, mask: ArrayLike<number>): number {
  expect(one.length).toBe(other.length);
  const perPosition = one.length / mask.length;
  const counts = (index: number) => !Number.isInteger(perPosition) || mask[Math.floor(index / perPosition)] === 1;
  return one.reduce((max, value, index) => (counts(index) ? Math.max(max, Math.abs(value - other[index]!)) : max), 0);
}
