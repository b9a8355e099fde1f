import { expect, it } from "vitest";
import { loraMatricesIn } from "./lora-matrices-in.ts";

const tensor = (...shape: number[]) => ({ shape, values: new Float32Array(shape.reduce((one, other) => one * other)) });

it("finds linear and embedding matrices by their A, in order, and reports a missing B", () => {
  const tensors = new Map([
    ["v.lora_A.weight", tensor(1, 2)],
    ["wte.lora_embedding_B", tensor(2, 1)],
    ["wte.lora_embedding_A", tensor(1, 9)],
    ["v.base_layer.bias", tensor(3)],
    ["q.lora_B.weight", tensor(3, 1)],
    ["q.lora_A.weight", tensor(1, 2)],
  ]);
  expect(loraMatricesIn(tensors).map(({ path, keys, b }) => [path, keys.b, b?.shape])).toEqual([
    ["v", "v.lora_B.weight", undefined],
    ["wte", "wte.lora_embedding_B", [2, 1]],
    ["q", "q.lora_B.weight", [3, 1]],
  ]);
});
