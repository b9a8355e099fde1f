// Makes one host for each model, so that two callers share its adapters.

import { registerGradients } from "@lowrank/engine";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { unadaptableModelError } from "../errors.ts";
import { isLayer, layersOf } from "./foreign-layer.ts";
import { LayersHost } from "./layers-host.ts";

const hosts = new WeakMap<LayersModel, LayersHost>();

const notOfLayers =
  "it is not a tf.LayersModel. For a model of tf.loadGraphModel, use graphModel of @lowrank/hosts/graph";

/**
 * Makes a tf.LayersModel accept adapters: sequential, functional, nested, or with custom layers. Dense, convolutional, embedding and
 * recurrent layers are sites; every trained weight is a parameter. The model is unchanged until an adapter is attached, and restored
 * bit for bit when the last one is removed. The same model always gives the same host.
 *
 * @throws UNADAPTABLE_MODEL for a model that is not built, and for other values than a tf.LayersModel
 *
 * @example
 * ```ts
 * import { createLoraConfig } from "@lowrank/adapter-format";
 * import { layersModel } from "@lowrank/hosts/layers";
 * import { injectAdapter, planInjection } from "@lowrank/inject";
 * import "@tensorflow/tfjs-backend-cpu";
 * import { layers, sequential } from "@tensorflow/tfjs-layers";
 *
 * const model = sequential({ layers: [layers.dense({ units: 2, inputShape: [3], name: "score" })] });
 * const host = layersModel(model);
 * const plan = planInjection(host, createLoraConfig({ rank: 1, targetModules: ["score"] }));
 * const handle = injectAdapter(host, plan, { seed: 7, baseFingerprint: host.fingerprint });
 * handle.dispose(); // the model is what it was
 * ```
 */
export function layersModel(model: LayersModel): LayersHost {
  if (!isLayer(model) || layersOf(model) === undefined) throw unadaptableModelError(nameOf(model), notOfLayers);
  const existing = hosts.get(model);
  if (existing !== undefined) return existing;
  // Registered again, because tf.layers overwrites gradients, and some of its own are wrong.
  registerGradients();
  const host = new LayersHost(model);
  hosts.set(model, host);
  return host;
}

function nameOf(model: unknown): string {
  const name = typeof model === "object" && model !== null && "name" in model ? model.name : undefined;
  return typeof name === "string" ? name : "unnamed";
}
