import { expect, it } from "vitest";
import { createLoraConfig } from "../../config/create-lora-config.ts";

import type { Adapter, AdapterTensor } from "../../lora-config.ts";
import { rankOf, scalingOf } from "../../targets/scaling.ts";
import { gatherExperts } from "./gather-experts.ts";

const parameters = [0, 1].flatMap((layer) =>
  ["experts.gate_up_proj", "experts.down_proj", "gate.weight"].map((name) => `model.layers.${layer}.mlp.${name}`),
);

const lora = (path: string, [inFeatures, rank, outFeatures]: readonly [number, number, number]) => [
  [`${path}.lora_A.weight`, numbers([rank, inFeatures])] as const,
  [`${path}.lora_B.weight`, numbers([outFeatures, rank])] as const,
];

function numbers(shape: readonly [number, number]): AdapterTensor {
  return { shape, values: Float32Array.from({ length: shape[0] * shape[1] }, (_, stackPath) => stackPath + 1) };
}

/** Two experts of width 3 to 2, rank 1. */
function adapter(maps: readonly string[], { layers = [0, 1], dropout = 0, skip = "" } = {}): Adapter {
  const tensors = layers.flatMap((layer) =>
    [0, 1].flatMap((expert) =>
      maps.flatMap((map) =>
        lora(`model.layers.${layer}.block_sparse_moe.experts.${expert}.${map}`, map === "w2" ? [2, 1, 3] : [3, 1, 2]),
      ),
    ),
  );
  const config = createLoraConfig({ rank: 1, alpha: 4, targetModules: ["q_proj", ...maps], dropout });
  return { config, tensors: new Map(tensors.filter(([key]) => key !== skip)), metadata: new Map() };
}

it("stacks experts' matrices, with zeros outside each one's rank", () => {
  const { tensors, config } = gatherExperts(adapter(["w1", "w2", "w3"]), parameters);
  const [a, b] = ["A", "B"].map((half) => tensors.get(`model.layers.0.mlp.experts.base_layer.lora_${half}.weight`));
  expect(a).toEqual({ shape: [4, 3], values: Float32Array.of(1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3) });
  expect(b?.shape).toEqual([4, 4]);
  expect([...(b?.values ?? [])]).toEqual([1, 1, 0, 0, 2, 2, 0, 0, 0, 0, 1, 1, 0, 0, 2, 2]);
  expect(config.targetModules).toEqual([]);
  expect(config.targetParameters).toEqual(["mlp.experts.gate_up_proj", "mlp.experts.down_proj"]);
  const path = "model.layers.1.mlp.experts.gate_up_proj";
  expect([rankOf(config, path), scalingOf(config, path)]).toEqual([2, 4]);
});

it("names layers by their full paths if others are not adapted", () => {
  const { config, tensors } = gatherExperts(adapter(["w2"], { layers: [1] }), parameters);
  expect(config.targetParameters).toEqual(["model.layers.1.mlp.experts.down_proj"]);
  expect([...tensors.keys()]).toContain("model.layers.1.mlp.experts.lora_A.weight"); // one wrapper alone
});

it("does not change an adapter if the model stores its experts separately, or has none", () => {
  const apart = adapter(["w1", "w2", "w3"]);
  expect(gatherExperts(apart, ["model.layers.0.block_sparse_moe.experts.0.w1.weight"])).toBe(apart);
  const plain = { ...apart, tensors: new Map(lora("model.layers.0.self_attn.q_proj", [3, 1, 2])) };
  expect(gatherExperts(plain, parameters)).toBe(plain);
});

it("warns of the dropout that a stack cannot have", () => {
  const warnings: string[] = [];
  const gathered = gatherExperts(adapter(["w2"], { dropout: 0.1 }), parameters, ({ code }) => warnings.push(code));
  expect([gathered.config.dropout, warnings]).toEqual([0, ["DROPOUT_LEFT_OUT"]]);
});

it.each([
  [adapter(["w1", "w2"]), /only one of its two projections/],
  [
    adapter(["w2"], { skip: "model.layers.0.block_sparse_moe.experts.0.w2.lora_A.weight" }),
    /layers\.0\.mlp\.experts\.down_proj": some experts lack matrices A and B/,
  ],
])("refuses what makes no whole stack", (broken, message) => {
  expect(() => gatherExperts(broken, parameters)).toThrow(expect.objectContaining({ code: "INVALID_ADAPTER_TENSORS" }));
  expect(() => gatherExperts(broken, parameters)).toThrow(message);
});
