// Common steps of the tests of host models: adapt a model, read its outputs.

import { createLoraConfig, type LoraConfig } from "@lowrank/adapter-format";
import { type AdapterHandle, injectAdapter, planInjection } from "@lowrank/inject";
import * as tf from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { layersModel } from "../src/layers/layers-model.ts";

/** An adapter on all sites unless the configuration names some. */
export function adapt(model: LayersModel, config: Partial<LoraConfig> = {}, name = "default"): AdapterHandle {
  const host = layersModel(model);
  const targetModules = host.sites().map(({ path }) => path);
  const plan = planInjection(host, createLoraConfig({ rank: 2, alpha: 4, targetModules, ...config }));
  return injectAdapter(host, plan, { name, seed: 3, baseFingerprint: host.fingerprint });
}

/** Changes every variable, so that the adapter has an effect. */
export function stir(handle: AdapterHandle): void {
  let seed = 1;
  for (const variable of handle.variables.values()) {
    const noise = tf.randomNormal(variable.shape, 0, 0.3, "float32", seed++);
    const sum = tf.add(variable, noise);
    variable.assign(sum);
    tf.dispose([noise, sum]);
  }
}

/** All outputs' numbers, one after another. */
export function predict(model: LayersModel, inputs: tf.Tensor | tf.Tensor[]): number[] {
  return tf.tidy(() => {
    const outputs = model.predict(inputs);
    return (Array.isArray(outputs) ? outputs : [outputs]).flatMap((output) => [...output.dataSync()]);
  });
}

export function weightsOf(model: LayersModel): number[][] {
  return model.getWeights().map((weight) => [...weight.dataSync()]);
}
