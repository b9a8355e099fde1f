import type { Adapter, LoraConfig } from "@lowrank/adapter-format";
import type { AdapterTensor } from "@lowrank/adapter-format/internal";
import { describe, expect, it } from "vitest";
import { adapter } from "../../test/random-adapters.ts";
import { combineAdapters } from "./combine-adapters.ts";

const [query, value] = ["layers.0.q_proj", "layers.0.v_proj"] as const;

/** An adapter of one layer that trained some biases, each of them to `number`. */
function trained(bias: LoraConfig["bias"], path: string, keys: readonly string[] = [], number = 1): Adapter {
  const plain = adapter(`${bias} ${path}`, { bias, targetModules: [path] }, [path]);
  const biases = keys.map((key): [string, AdapterTensor] => [key, { shape: [1], values: Float32Array.of(number) }]);
  return { ...plain, tensors: new Map([...plain.tensors, ...biases]) };
}

const combined = (...all: Adapter[]) => combineAdapters(all.map((one) => ({ adapter: one, weight: 1 })));
const biasesOf = ({ tensors }: Adapter) => [...tensors.keys()].filter((key) => key.endsWith("bias")).sort();

describe("biases of combined adapters", () => {
  it.each([
    ["none", "all"],
    ["all", "none"],
    ["lora_only", "all"],
  ] as const)("are said to be trained whichever adapter trained them: %s, %s", (first, second) => {
    const keysOf = (bias: string) => (bias === "none" ? [] : [`${query}.base_layer.bias`]);
    const parts = [trained(first, query, keysOf(first)), trained(second, query, keysOf(second))] as const;
    const result = combined(...parts);
    expect(result.config.bias).toBe("all");
    expect(biasesOf(result)).toEqual([`${query}.base_layer.bias`]);
    const weighted = parts.map((part) => ({ adapter: part, weight: 1 }));
    expect(combineAdapters(weighted, { type: "cat", compatible: "peft" }).config.bias).toBe("all");
  });

  it("are saved under the layers that any of the adapters wraps", () => {
    const biases = [`${query}.base_layer.bias`, `${value}.bias`, "norm.bias"];
    const result = combined(trained("all", query, biases), trained("none", value));
    expect(biasesOf(result)).toEqual([`${query}.base_layer.bias`, `${value}.base_layer.bias`, "norm.bias"]);
  });

  it("are compared whatever each adapter calls them", () => {
    const one = trained("all", query, [`${value}.bias`]);
    const other = trained("all", value, [`${value}.base_layer.bias`], 2);
    expect(() => combined(one, other)).toThrow(expect.objectContaining({ code: "SHARED_SAVED_WEIGHT" }));
  });

  it("are refused if one adapter lacks those of its layers", () => {
    const one = trained("lora_only", query, [`${query}.base_layer.bias`]);
    expect(combined(one, trained("none", query)).config.bias).toBe("lora_only");
    expect(() => combined(one, trained("none", value))).toThrow(
      expect.objectContaining({ code: "UNCOMBINABLE_ADAPTER" }),
    );
    expect(() => combined(one, trained("none", value))).toThrow(/"adapter 2": it has no bias for layers.0.v_proj/);
  });
});
