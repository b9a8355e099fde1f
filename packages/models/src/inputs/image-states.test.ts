import "@lowrank/engine/gradients";
import "@tensorflow/tfjs-backend-cpu";
import { fileURLToPath } from "node:url";
import { activeAdapters, adapterRows, type ForwardContext, inferenceContext } from "@lowrank/contracts";
import type { Adaptation, ImageStates } from "@lowrank/contracts/internal";
import { expectClose } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadModel } from "../loading/load-model.ts";
import { openFolder } from "../node.ts";
import type { PretrainedModel } from "../pretrained-model.ts";

const load = (name: string) =>
  loadModel(openFolder(fileURLToPath(new URL(`../../../../fixtures/vision-language/${name}`, import.meta.url))));
let model: PretrainedModel;
beforeAll(async () => {
  model = await load("base");
});
afterAll(() => model.dispose());

/** Two texts of an image between two tokens. */
function inputsOf(images: number, height = 8) {
  const mark = Array(4).fill(model.config.imageTokenId);
  const inputIds = tf.tensor2d(
    [
      [5, ...mark, 17],
      [9, ...mark, 3],
    ],
    undefined,
    "int32",
  );
  return { inputIds, pixelValues: tf.randomUniform<tf.Rank.R4>([images, 3, height, 8], -1, 1, "float32", 7) };
}

describe("the images of texts", () => {
  it("have the tower's size, and four image tokens each", () => {
    const call = (images: number, height?: number) => () =>
      tf.tidy(() => model.forward(inputsOf(images, height)).shape);
    expect(call(3)).toThrow("3 images need 3 × 4 tokens with the id 99, but inputIds has 8");
    expect(call(2, 6)).toThrow("expected [2,3,8,8]");
    expect(call(2)()).toEqual([2, 6, 111]);
  });

  it("are computed once in a run while their encoder is frozen", () => {
    tf.tidy(() => {
      const inputs = inputsOf(2);
      const kept = new Map<string, ImageStates>();
      const context = { ...inferenceContext(), imageStates: kept };
      const plain = model.forward(inputs).dataSync();
      for (const _ of ["computed", "kept"]) expectClose(model.forward(inputs, context).dataSync(), plain, 1e-6);
      expect([...kept.values()].map(({ shape }) => shape)).toEqual([
        [4, 48],
        [4, 48],
      ]);
      const [first, second] = tf.split(inputs.pixelValues, 2);
      const swapped = { ...inputs, pixelValues: tf.concat([second as tf.Tensor4D, first as tf.Tensor4D]) };
      expectClose(model.forward(swapped, context).dataSync(), model.forward(swapped).dataSync(), 1e-6);
      expect(kept.size).toBe(2);
      for (const { values } of kept.values()) values.fill(0);
      expect(model.forward(inputs, context).dataSync()).not.toEqual(plain);
    });
  });

  it("are computed each time while an adaptation changes them", () => {
    const site = model.sites().find(({ path }) => path === "model.vision_model.encoder.layers.0.mlp.fc1");
    const detach = site?.attach("a", { variables: [], apply: ({ output }) => output });
    const kept = new Map<string, ImageStates>();
    tf.tidy(() => void model.forward(inputsOf(2), { ...inferenceContext(activeAdapters("a")), imageStates: kept }));
    expect(kept.size).toBe(0);
    detach?.();
  });

  it("have the adapter of their row", () => {
    const site = model.sites().find(({ path }) => path === "model.vision_model.encoder.layers.0.mlp.fc1");
    const addOne: Adaptation = { variables: [], apply: ({ output }) => tf.add(output, 1) };
    const detach = site?.attach("a", addOne);
    tf.tidy(() => {
      const rowsOf = (context: ForwardContext) =>
        tf.unstack(model.forward(inputsOf(2), context)).map((row) => row.dataSync());
      const [plain, adapted] = [rowsOf(inferenceContext()), rowsOf(inferenceContext(activeAdapters("a")))];
      const mixed = rowsOf(inferenceContext(adapterRows([null, "a"])));
      expectClose(mixed[0]!, plain[0]!, 1e-5);
      expectClose(mixed[1]!, adapted[1]!, 1e-5);
      expect(Math.abs((plain[1]?.at(-1) ?? 0) - (adapted[1]?.at(-1) ?? 0))).toBeGreaterThan(1e-3);
    });
    detach?.();
  });
});

it("images of any size need the grids of their tokens, and each has the adapter of its row", async () => {
  const qwen = await load("qwen3-vl");
  const site = qwen.sites().find(({ path }) => path === "model.visual.blocks.0.attn.qkv");
  const detach = site?.attach("a", { variables: [], apply: ({ output }) => tf.mul(output, 2) });
  tf.tidy(() => {
    const mark = qwen.config.imageTokenId ?? 0;
    const inputIds = tf.tensor2d([4, mark, mark, 7, 5, mark, mark, 7], [2, 4], "int32");
    const pixelValues = tf.randomUniform<tf.Rank.R4>([4, 3, 4, 4], -1, 1, "float32", 7);
    const imageGrids = [1, 2].map((rows) => ({ rows, columns: 2 / rows }));
    const lastOf = (context: ForwardContext) =>
      tf.unstack(qwen.forward({ inputIds, pixelValues, imageGrids }, context)).map((row) => row.dataSync().at(-1) ?? 0);
    const [plain, adapted] = [lastOf(inferenceContext()), lastOf(inferenceContext(activeAdapters("a")))];
    expectClose(lastOf(inferenceContext(adapterRows([null, "a"]))), [plain[0]!, adapted[1]!], 1e-5);
    expect(Math.abs(plain[1]! - adapted[1]!)).toBeGreaterThan(1e-3);
    expect(() => qwen.forward({ inputIds, pixelValues })).toThrow("they have 0 squares, but pixelValues has 4");
  });
  detach?.();
  qwen.dispose();
});

it("learned positions of patches, stretched to an image of any size, can train", async () => {
  const qwen = await load("qwen3-vl");
  const positions = qwen.parameters().find(({ path }) => path === "model.visual.pos_embed.weight");
  tf.tidy(() => {
    const trained = tf.variable(tf.ones([...(positions?.shape ?? [])]));
    const close = positions?.override("a", trained);
    const mark = qwen.config.imageTokenId ?? 0;
    const inputIds = tf.tensor2d([4, mark, mark, mark, 7], [1, 5], "int32");
    const images = { pixelValues: tf.ones<tf.Rank.R4>([3, 3, 4, 4]), imageGrids: [{ rows: 1, columns: 3 }] };
    const context = inferenceContext(activeAdapters("a"));
    const sumOf = () => tf.sum<tf.Scalar>(qwen.forward({ inputIds, ...images }, context));
    const gradient = tf.variableGrads(sumOf, [trained]).grads[trained.name] ?? tf.scalar(0);
    expect(tf.max(tf.abs(gradient)).dataSync()[0]).toBeGreaterThan(1e-6);
    close?.();
    trained.dispose();
  });
  qwen.dispose();
});
