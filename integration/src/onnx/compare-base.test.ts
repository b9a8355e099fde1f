// Compares models that torch's exporters and ONNX Runtime's GenAI builder wrote with the weights that they were made of.

import { join } from "node:path";
import { loraMatricesIn } from "@lowrank/adapter-format";
import { readAdapterFolder } from "@lowrank/adapter-format/node";
import type { LowrankError } from "@lowrank/contracts";
import { compareBase } from "@lowrank/merge/onnx";
import { openOnnxFile } from "@lowrank/merge/onnx/node";
import { openSafetensors } from "@lowrank/safetensors";
import type { TensorCollection } from "@lowrank/safetensors/internal";
import { openFile } from "@lowrank/safetensors/node";
import { describe, expect, it } from "vitest";
import { fixtures, peftFixture } from "./fold-fixture.ts";

async function compared(name: string, file: string, change = (base: TensorCollection) => base) {
  const { tensors } = await readAdapterFolder(peftFixture(name, "adapter"));
  const paths = loraMatricesIn(tensors).map(({ path }) => path);
  const model = await openOnnxFile(join(fixtures, "onnx", file));
  const base = await openSafetensors(await openFile(join(peftFixture(name, "base"), "model.safetensors")));
  try {
    return { paths, found: await compareBase(model, change(base), paths).catch((error: unknown) => error) };
  } finally {
    await base.close();
    await model.close();
  }
}

/** The same numbers, of the other sign: F32, whose last byte has it. */
const negated = (base: TensorCollection): TensorCollection => ({
  metadata: base.metadata,
  tensors: base.tensors,
  readFloat32: (name) => base.readFloat32(name),
  readInt32: (name) => base.readInt32(name),
  readRows: (name, first, count) => base.readRows(name, first, count),
  close: () => base.close(),
  readBytes: async (name, range) =>
    (await base.readBytes(name, range)).map((byte, index) => (index % 4 === 3 ? byte ^ 0x80 : byte)),
});

describe("a model's weights and the base's", () => {
  it.each([
    ["all-linear-llama", "all-linear-llama.onnx"],
    ["all-linear-llama", "all-linear-llama.newer.onnx"],
    ["all-linear-llama", "beside/model.onnx"],
    ["all-linear-gpt2", "all-linear-gpt2.onnx"],
    ["bert-seqcls", "bert-seqcls.newer.onnx"],
    ["dora-linear", "all-linear-llama.onnx"],
    ["gemma", "genai/gemma-fp32/model.onnx"],
    ["qwen3", "genai/qwen3-fp32/model.onnx"],
  ])("are the same numbers in each layout: %s in %s", async (name, file) => {
    const { paths, found } = await compared(name, file);
    expect(found).toEqual(paths);
  });

  it("are not compared if the model has them as integers", async () => {
    expect((await compared("all-linear-llama", "all-linear-llama.int4.onnx")).found).toEqual([]);
  });

  it("are refused together if they differ, with a number of each", async () => {
    const { paths, found } = await compared("all-linear-gpt2", "all-linear-gpt2.onnx", negated);
    expect(found).toMatchObject({ code: "ONNX_BASE" });
    expect(
      (found as LowrankError & { readonly differences: readonly { readonly what: string }[] }).differences.map(
        ({ what }) => what,
      ),
    ).toEqual(paths);
    expect(String(found)).toMatch(/h\.0\.attn\.c_attn: from input \d+ to output \d+ it has (-?)[\d.e-]+, the base /);
  });
});
