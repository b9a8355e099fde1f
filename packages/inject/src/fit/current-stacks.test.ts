import { type Adapter, createLoraConfig } from "@lowrank/adapter-format";
import type { AdaptableModel } from "@lowrank/contracts";
import { expect, it } from "vitest";
import { withCurrentStacks } from "./current-stacks.ts";

const path = "layers.0.mlp.experts.down_proj";
const modelOf = (shape: readonly number[], isStackedInOut = false) =>
  ({ parameters: () => [{ path, shape, isStackedInOut }] }) as unknown as AdaptableModel;

/** A of two experts with rank 1 and B, as PEFT 0.18 wrote them for a stack of matrices [rows, columns]. */
function oldAdapter(peftVersion: string | null, rows: number, columns: number): Adapter {
  const values = (count: number, first: number) => Float32Array.from({ length: count }, (_, index) => first + index);
  const tensors = new Map([
    ["layers.0.mlp.experts.lora_A.weight", { shape: [2, rows], values: values(2 * rows, 1) }],
    ["layers.0.mlp.experts.lora_B.weight", { shape: [columns, 2], values: values(2 * columns, 11) }],
  ]);
  const config = { ...createLoraConfig({ rank: 1, targetParameters: ["experts.down_proj"] }), peftVersion };
  return { config, tensors, metadata: new Map() };
}

const tensorsOf = ({ tensors }: Adapter) =>
  [...tensors.values()].map(({ shape, values }) => ({ shape, values: [...values] }));

it.each([
  ["0.18.1", 2],
  ["0.17.0", 3],
  ["0.21.2", 3],
  [null, 3],
])("exchanges A and B of a stack that PEFT %s wrote, with %i rows", (version, rows) => {
  const changed = withCurrentStacks(modelOf([2, rows, 2]), oldAdapter(version, rows, 2));
  const [a, b] = tensorsOf(changed);
  expect(a).toEqual({ shape: [2, 2], values: [11, 13, 12, 14] }); // B's columns
  expect(b?.shape).toEqual([rows, 2]);
  expect(b?.values.slice(0, 2)).toEqual([1, 1 + rows]);
  expect(changed.config.peftVersion).toBe(createLoraConfig().peftVersion);
});

it.each([
  ["0.19.0", false],
  ["1.0.0", false],
  ["0.18.1", true],
])("leaves square matrices of PEFT %s (stored in, out: %s)", (version, isStackedInOut) => {
  const adapter = oldAdapter(version, 2, 2);
  expect(withCurrentStacks(modelOf([2, 2, 2], isStackedInOut), adapter)).toBe(adapter);
});

it.each([null, "", "0.18.2.dev0"])("refuses square matrices of PEFT %j", (version) => {
  expect(() => withCurrentStacks(modelOf([2, 2, 2]), oldAdapter(version, 2, 2))).toThrow(/lora_A.*"peft_version"/);
});
