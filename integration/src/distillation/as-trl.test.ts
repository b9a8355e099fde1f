// The divergence from a teacher, or from the base with the adapter off, and its gradients, held to TRL's GKDTrainer
// (packages/models/test/fixtures/distillation/make_distillation.py), on each engine.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { readAdapterFolder } from "@lowrank/adapter-format/node";
import { activeAdapters, inferenceContext } from "@lowrank/contracts";
import { chooseEngine } from "@lowrank/engine";
import { differentiate } from "@lowrank/engine/internal";
import { type AdapterHandle, attachAdapter } from "@lowrank/inject";
import { batchTensors, distillationLoss, loadModel, type PretrainedModel } from "@lowrank/models";
import type { DistillationOptions } from "@lowrank/models/internal";
import { openFolder } from "@lowrank/models/node";
import { expectClose, expectNoLeak, readTensors } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, it } from "vitest";
import { expectTrlGradients, integers, type JsonBatch } from "../testing/trl-cases.ts";

interface Case extends Pick<DistillationOptions, "divergence" | "temperature" | "weight"> {
  readonly ownWeight: number;
  readonly teacher: "base" | "other";
  readonly loss: number;
}

const folder = fileURLToPath(new URL("../../../packages/models/test/fixtures/distillation/", import.meta.url));
const { batch, expected } = JSON.parse(await readFile(join(folder, "expected.json"), "utf8")) as {
  readonly batch: JsonBatch;
  readonly expected: Readonly<Record<string, Case>>;
};
const gradients = await readTensors(join(folder, "gradients.safetensors"));
const tinyModel = join(dirname(createRequire(import.meta.url).resolve("@lowrank/tiny-model/package.json")), "model");

describe.each(["wasm", "native"] as const)("distillation on %s", (engine) => {
  let [model, other] = [] as unknown as [PretrainedModel, PretrainedModel];
  let handles: readonly AdapterHandle[] = [];
  beforeAll(async () => {
    await chooseEngine({ order: [engine] });
    [model, other] = [await loadModel(openFolder(tinyModel)), await loadModel(openFolder(tinyModel))];
    const attached = async (to: PretrainedModel, name: string) =>
      attachAdapter(to, await readAdapterFolder(join(folder, name)), { trainable: true, allowDifferentBase: true });
    handles = [await attached(model, "student"), await attached(other, "teacher")];
  });
  afterAll(() => {
    for (const each of [...handles, model, other]) each.dispose();
  });

  const compute = ({ teacher, loss: _, ownWeight: labelWeight, ...options }: Case) =>
    tf.tidy(() => {
      const acting = (handle: AdapterHandle | undefined) => inferenceContext(activeAdapters(handle?.name ?? ""));
      const taught = teacher === "base" ? {} : { teacher: { model: other, context: acting(handles[1]) } };
      return distillationLoss(model, batchTensors(integers(batch)), {
        ...options,
        labelWeight,
        ...taught,
        context: acting(handles[0]),
      });
    });

  it.each(Object.entries(expected))("equals TRL's result: %s", async (name, expectedCase) => {
    const loss = compute(expectedCase);
    expectClose(await loss.data(), [expectedCase.loss], 1e-5 * Math.max(1, expectedCase.loss), "loss");
    loss.dispose();
    const variables = handles[0]?.variables ?? new Map();
    expectTrlGradients(gradients, name, { variables, lossOf: () => compute(expectedCase) });
  });

  it("leaves nothing behind", async () => {
    await expectNoLeak(() => {
      const variables = [...(handles[0]?.variables.values() ?? [])];
      for (const expectedCase of Object.values(expected))
        tf.tidy(() => void differentiate(() => compute(expectedCase), variables));
    });
  });
});
