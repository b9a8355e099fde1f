import "@lowrank/engine/gradients";
import "@tensorflow/tfjs-backend-cpu";
import { mergeAdapter } from "@lowrank/merge";
import { expectClose, expectNoLeak } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { testEngines, useEngine } from "../../../engine/test/test-engines.ts";
import { adapt, predict, stir, weightsOf } from "../../test/adapted.ts";
import { guests } from "../../test/guests.ts";
import { expectVariableGradients } from "../../test/variable-gradients.ts";
import { layersModel } from "./layers-model.ts";

describe.each(testEngines("cpu", "wasm", "native"))("on the %s engine", (engine) => {
  beforeAll(() => useEngine(engine));

  describe.each(Object.entries(guests))("%s", (_, make) => {
    it("equals the base at first, differs after training, and equals the base when detached, bit for bit", () => {
      const { model, inputs } = make();
      const before = predict(model, inputs);
      const base = weightsOf(model);
      const handle = adapt(model);
      expect(predict(model, inputs)).toEqual(before);
      stir(handle);
      expect(predict(model, inputs)).not.toEqual(before);
      handle.dispose();
      expect(predict(model, inputs)).toEqual(before);
      expect(weightsOf(model)).toEqual(base);
    });

    it("computes the same merged as adapted, and is restored bit for bit", async () => {
      const { model, inputs } = make();
      const base = weightsOf(model);
      for (const useDora of [false, true]) {
        const handle = adapt(model, { useDora });
        stir(handle);
        const adapted = predict(model, inputs);
        const merged = await mergeAdapter(layersModel(model), handle);
        expectClose(predict(model, inputs), adapted, 1e-5);
        merged.undo();
        expect(weightsOf(model)).toEqual(base);
        handle.dispose();
      }
    });

    it("has the gradients that central differences show", () => {
      const { model, inputs } = make();
      const handle = adapt(model);
      stir(handle);
      const loss = () => tf.tidy(() => sumOf(model.apply(inputs, { training: true }) as tf.Tensor | tf.Tensor[]));
      expectVariableGradients(loss, [...handle.variables.values()], 5);
      handle.dispose();
    });

    it("leaves nothing behind after attach, fit, merge, dispose", async () => {
      const { model, inputs } = make();
      const targets = tf.tidy(() => {
        const outputs = model.predict(inputs);
        return Array.isArray(outputs) ? outputs.map((y) => tf.zerosLike(y)) : tf.zerosLike(outputs);
      });
      const loss = Array.isArray(targets) ? targets.map(() => "meanSquaredError") : "meanSquaredError";
      await expectNoLeak(async () => {
        const handle = adapt(model);
        const optimizer = tf.train.sgd(0.1);
        model.compile({ optimizer, loss });
        await model.fit(inputs, targets, { epochs: 2, batchSize: 2, verbose: 0 });
        const merged = await mergeAdapter(layersModel(model), handle);
        merged.undo();
        handle.dispose();
        optimizer.dispose();
      });
    });
  });
});

/** Every entry counts by another weight, so that none hides behind another. */
function sumOf(outputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
  const all = (Array.isArray(outputs) ? outputs : [outputs]).map((output) => tf.reshape(output, [output.size]));
  const flat = tf.concat1d(all as tf.Tensor1D[]);
  const weights = Array.from({ length: flat.size }, (_, index) => Math.sin(index + 1));
  return tf.sum(tf.mul(flat, weights));
}
