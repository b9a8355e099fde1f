import { describe, expect, it } from "vitest";
import { summarised } from "./profile-benchmark.ts";
import { flopOf, workPartOf } from "./work-parts.ts";

function operation(name: string, ...shapes: readonly (readonly number[])[]) {
  return { operation: name, shapes, milliseconds: 2, calls: 3 };
}

describe("workPartOf", () => {
  it.each([
    ["products with frozen matrices", operation("LowrankLinear", [512, 768], [768, 3072])],
    ["products with frozen matrices", operation("aten::addmm", [3072], [512, 768], [768, 3072])],
    ["low-rank products", operation("aten::mm", [512, 768], [768, 8])],
    ["low-rank products", operation("LowrankAddLowRankGradient", [512, 768])],
    ["head and loss", operation("aten::mm", [512, 768], [768, 50257])],
    ["head and loss", operation("LowrankHeadLoss", [512, 768], [50257, 768])],
    ["attention", operation("BatchMatMul", [12, 128, 64], [12, 64, 128])],
    ["attention", operation("aten::_scaled_dot_product_flash_attention_for_cpu", [1, 12, 128, 64])],
    ["norms and activations", operation("aten::native_layer_norm", [512, 768])],
    ["moving, adding, converting", operation("Transpose", [4, 128, 768])],
  ] as const)("is %s for %o", (part, one) => {
    expect(workPartOf(one, 50257)).toBe(part);
  });
});

describe("flopOf", () => {
  it("counts two operations for each pair of entries that meet, in both layouts of the matrix", () => {
    expect(flopOf(operation("LowrankLinear", [4, 128, 768], [768, 3072]))).toBe(3 * 2 * 512 * 768 * 3072);
    expect(flopOf(operation("LowrankLinear", [512, 3072], [768, 3072]))).toBe(3 * 2 * 512 * 768 * 3072);
    expect(flopOf(operation("aten::addmm", [3072], [512, 768], [768, 3072]))).toBe(3 * 2 * 512 * 768 * 3072);
  });
  it("is counted once where torch's linear layer calls a product", () => {
    expect(flopOf(operation("aten::linear", [512, 768], [3072, 768]))).toBe(0);
  });
  it("is nothing for what is no product", () => {
    expect(flopOf(operation("Transpose", [4, 128], [4, 128]))).toBe(0);
  });
});

describe("summarised", () => {
  it("leaves to the gaps between operations what none of them took", () => {
    const step = {
      milliseconds: 10,
      operations: [operation("LowrankLinear", [2, 32], [32, 32]), operation("Add", [2])],
    };
    expect(summarised(step, 100)).toEqual({
      milliseconds: 10,
      parts: {
        "products with frozen matrices": 2,
        "moving, adding, converting": 2,
        "between the operations": 6,
      },
      gflops: (3 * 2 * 2 * 32 * 32) / 2e6,
    });
  });
});
