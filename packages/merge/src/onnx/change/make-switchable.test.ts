import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { readOnnx } from "../model/onnx-model.ts";
import { makeSwitchable } from "./make-switchable.ts";

it("refuses a module that is switchable already: two inputs would have one name", async () => {
  const file = new URL("../../../../../fixtures/onnx/all-linear-llama.int8.onnx", import.meta.url);
  const path = "model.layers.0.self_attn.q_proj";
  const [once] = makeSwitchable(await readOnnx(await readFile(file)), [path]).files;
  const again = await readOnnx(await once!.bytes());
  expect(() => makeSwitchable(again, [path])).toThrow(`${path}: the model already has inputs for its A and B`);
  expect(makeSwitchable(again, ["model.layers.0.self_attn.k_proj"]).changes).toHaveLength(1);
});
