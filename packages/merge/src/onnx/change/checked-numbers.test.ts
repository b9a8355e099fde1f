import { expect, it } from "vitest";
import { checkedNumbers } from "./checked-numbers.ts";
import { tensorMessage } from "./messages.ts";

it("refuses numbers that a model's type cannot store, and names them", () => {
  expect(checkedNumbers("w", Float32Array.of(1, 65_504), "F16")).toHaveLength(4);
  expect(() => checkedNumbers("w", Float32Array.of(1, 70_000), "F16", 8)).toThrow(/"w" would have 70000 at position 9/);
  expect(() => checkedNumbers("w", Float32Array.of(Number.NaN), "F32")).toThrow(/NaN at position 0/);
  const factor = { shape: [1, 1], values: Float32Array.of(Number.POSITIVE_INFINITY) };
  expect(() => tensorMessage("q_proj.lora_B", factor, "F32")).toThrow(
    expect.objectContaining({ code: "ONNX_OVERFLOW" }),
  );
});
