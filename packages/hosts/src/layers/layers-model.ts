// One host for each model, so that adapters of two callers meet under their names.

import { registerGradients } from "@lowrank/engine";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { UnadaptableModelError } from "../errors.ts";
import { isLayer, layersOf } from "./foreign-layer.ts";
import { LayersHost } from "./layers-host.ts";

const hosts = new WeakMap<LayersModel, LayersHost>();

const notOfLayers =
  "it is not a tf.LayersModel. For a model of tf.loadGraphModel, use graphModel of @lowrank/hosts/graph";

/**
 * Shows a tf.LayersModel – sequential, functional, nested, with layers of one's own – as a model with doors: its Dense,
 * convolutional, embedding and recurrent layers are sites, every trained weight is a parameter. Nothing changes in it until an
 * adapter is attached, and it is what it was, bit for bit, when the last one is taken off. The same model gives the same host.
 *
 * @throws UnadaptableModelError for a model that is not built, and for what is no tf.LayersModel
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
  if (!isLayer(model) || layersOf(model) === undefined) throw new UnadaptableModelError(nameOf(model), notOfLayers);
  const known = hosts.get(model);
  if (known !== undefined) return known;
  // tf.layers brings gradients of its own, of which some are wrong, over those that were there.
  registerGradients();
  const host = new LayersHost(model);
  hosts.set(model, host);
  return host;
}

function nameOf(model: unknown): string {
  const name = typeof model === "object" && model !== null && "name" in model ? model.name : undefined;
  return typeof name === "string" ? name : "unnamed";
}
