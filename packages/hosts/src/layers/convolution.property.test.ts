import "@lowrank/engine/gradients";
import "@tensorflow/tfjs-backend-cpu";
import { fc, test } from "@fast-check/vitest";
import { mergeAdapter } from "@lowrank/merge";
import { expectClose } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { layers, sequential } from "@tensorflow/tfjs-layers";
import { beforeAll, describe, expect } from "vitest";
import { testEngines, useEngine } from "../../../engine/test/test-engines.ts";
import { adapt, predict, stir, weightsOf } from "../../test/adapted.ts";
import { expectVariableGradients } from "../../test/variable-gradients.ts";
import { layersModel } from "./layers-model.ts";

const size = (max: number) => fc.integer({ min: 1, max });

/**
 * Strides and dilations never meet: TensorFlow has no such convolution. No stride is larger than its kernel: tfjs's own wasm kernel
 * pads those wrongly.
 */
const geometry = fc
  .record({
    height: fc.integer({ min: 5, max: 9 }),
    width: fc.integer({ min: 5, max: 9 }),
    channels: size(3),
    filters: size(4),
    kernelSize: fc.tuple(size(3), size(3)),
    strides: fc.tuple(size(2), size(2)),
    dilationRate: fc.tuple(size(2), size(2)),
    padding: fc.constantFrom("same" as const, "valid" as const),
    activation: fc.constantFrom("linear" as const, "tanh" as const),
    rank: size(3),
    useDora: fc.boolean(),
  })
  .map((drawn) => {
    const strides = drawn.strides.map((stride, axis) => Math.min(stride, drawn.kernelSize[axis]!)) as [number, number];
    const isStrided = strides.some((stride) => stride > 1);
    return { ...drawn, strides, dilationRate: isStrided ? ([1, 1] as [number, number]) : drawn.dilationRate };
  });

describe.each(testEngines("cpu", "wasm", "native"))("a convolution of any geometry on the %s engine", (engine) => {
  beforeAll(() => useEngine(engine));

  test.prop([geometry], { numRuns: engine === "cpu" ? 25 : 12 })(
    "starts as the base, computes merged what it computes adapted, has the right gradients, and is given back",
    async ({ height, width, channels, rank, useDora, ...settings }) => {
      const model = sequential({ layers: [layers.conv2d({ inputShape: [height, width, channels], ...settings })] });
      const x = tf.randomNormal([2, height, width, channels], 0, 1, "float32", 5);
      const [base, before] = [weightsOf(model), predict(model, x)];
      const handle = adapt(model, { rank, useDora });
      const started = predict(model, x);
      if (useDora) expectClose(started, before, 1e-5);
      else expect(started).toEqual(before);
      stir(handle);
      // DoRA takes the lengths of its columns for constants, which differences do not.
      if (!useDora) expectVariableGradients(() => model.apply(x) as tf.Tensor, [...handle.variables.values()], 3);
      const adapted = predict(model, x);
      const merged = await mergeAdapter(layersModel(model), handle);
      // Where DoRA's update almost cancels a column, division by its length magnifies rounding.
      expectClose(predict(model, x), adapted, useDora ? 1e-4 : 2e-5);
      merged.undo();
      handle.dispose();
      expect(predict(model, x)).toEqual(before);
      expect(weightsOf(model)).toEqual(base);
    },
  );
});
