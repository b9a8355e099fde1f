import "@tensorflow/tfjs-backend-cpu";
import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { checkConfig } from "@lowrank/contracts/families";
import { expectClose, fixturesRoot } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { describeModel } from "../../describe-model.ts";
import { openFolder } from "../../node.ts";
import { loadModel } from "../load-model.ts";
import type { LoadOptions } from "../load-options.ts";
import { openWeights } from "../open-weights.ts";
import { quantizedWeights } from "./quantized-weights.ts";

const folderOf = (name: string) => join(fixturesRoot, "..", "quantized", name);

interface Expected {
  readonly inputIds: number[][];
  readonly logits: number[];
  readonly sha256: Readonly<Record<string, string>>;
}

async function read(name: string, file: string): Promise<unknown> {
  return JSON.parse(await readFile(join(folderOf(name), file), "utf8"));
}

async function logitsOf(name: string, { inputIds }: Expected, options: LoadOptions = {}) {
  const model = await loadModel(openFolder(folderOf(name)), options);
  const values = tf.tidy(() => model.forward({ inputIds: tf.tensor2d(inputIds, undefined, "int32") }).dataSync());
  const { bytes } = describeModel(model);
  model.dispose();
  return { values: Float32Array.from(values), bytes };
}

/** The difference of packed weights from the library's: rounding to the type that it dequantizes to, in logits of about 5. */
const cases: readonly (readonly [name: string, packedTolerance: number])[] = [
  ["nf4-double", 0.1],
  ["nf4-float32", 1e-4],
  ["nf4-gpt2", 1e-4],
  ["fp4", 0.01],
  ["llm-int8", 1e-4],
  ["gptq", 0.02],
  ["gptq-v2", 0.02],
  ["gptq-act-order", 0.01],
  ["awq", 0.02],
  ["packed-int4", 0.1],
  ["packed-int4-zeros", 0.01],
  ["int8-channel", 0.1],
];

describe.each(cases)("a folder of %s", (name, packedTolerance) => {
  it("has the weights that the library dequantizes to, bit for bit", async () => {
    const { sha256 } = (await read(name, "expected.json")) as Expected;
    const source = await quantizedWeights(
      await openWeights(openFolder(folderOf(name))),
      checkConfig(await read(name, "config.json")),
    );
    const ours: Record<string, string> = {};
    for (const key of Object.keys(sha256)) {
      const values = source.decode(key, await source.readBytes(key));
      ours[key] = createHash("sha256").update(new Uint8Array(values.buffer)).digest("hex");
    }
    await source.close();
    expect(ours).toEqual(sha256);
  });

  it("computes transformers' logits, in float32 and packed in the memory of the file", async () => {
    const before = tf.memory().numTensors;
    const expected = (await read(name, "expected.json")) as Expected;
    const logits = Float32Array.from(expected.logits);
    expectClose((await logitsOf(name, expected)).values, logits, 1e-4);
    const isKeptInHalf = ["fp4", "gptq-act-order", "nf4-gpt2"].includes(name);
    const warnings: string[] = [];
    const onWarning = ({ code }: { readonly code: string }) => warnings.push(code);
    const packed = await logitsOf(name, expected, { basePrecision: "as-stored", onWarning });
    expectClose(packed.values, logits, packedTolerance);
    const { size } = await stat(join(folderOf(name), "model.safetensors"));
    if (warnings.length === 0) expect(packed.bytes / size).toBeLessThan(1.1);
    expect(warnings).toEqual(isKeptInHalf ? ["QUANTIZED_AS_HALF"] : []);
    expect(tf.memory().numTensors).toBe(before);
  });
});
