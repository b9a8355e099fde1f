import { expect, it } from "vitest";
import { createLoraConfig } from "../config/create-lora-config.ts";
import type { AdapterTensor } from "../lora-config.ts";
import { withComponentPaths } from "./component-paths.ts";

it("keeps modules that already have a path of the model", () => {
  const paths = ["encoder.layers.0.mlp.fc1", "text_encoder.encoder.layers.0.mlp.fc2", "unet.down_blocks.0.proj"];
  const tensors = paths.flatMap((path): (readonly [string, AdapterTensor])[] => [
    [`${path}.lora_A.weight`, { shape: [2, 3], values: new Float32Array(6) }] as const,
    [`${path}.lora_B.weight`, { shape: [1, 2], values: new Float32Array(2) }] as const,
  ]);
  const config = createLoraConfig({ rank: 2, alpha: 2, targetModules: paths });
  const modules = ["encoder.layers.0.mlp.fc1", "encoder.layers.0.mlp.fc2"];
  const warnings: string[] = [];
  const adapter = { config, tensors: new Map(tensors), metadata: new Map() };
  const found = withComponentPaths(adapter, modules, ({ message }) => warnings.push(message));
  expect([...(found.config.targetModules ?? [])].sort()).toEqual(modules);
  expect([...found.tensors.keys()]).toEqual(
    modules.flatMap((path) => [`${path}.lora_A.weight`, `${path}.lora_B.weight`]),
  );
  expect(warnings).toEqual([expect.stringContaining("the other 1 are left out")]);
});
