// One host for each model, so that adapters of two callers meet under their names.

import { registerGradients } from "@lowrank/engine";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { LayersHost } from "./layers-host.ts";

const hosts = new WeakMap<LayersModel, LayersHost>();

/**
 * Shows a tf.LayersModel – sequential, functional, nested, with layers of one's own – as a model with doors: its Dense,
 * convolutional, embedding and recurrent layers are sites, every trained weight is a parameter. Nothing changes in it until an
 * adapter is attached, and it is what it was, bit for bit, when the last one is taken off. The same model gives the same host.
 *
 * @throws UnadaptableModelError for a model that is not built
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
  const known = hosts.get(model);
  if (known !== undefined) return known;
  // tf.layers brings gradients of its own, of which some are wrong, over those that were there.
  registerGradients();
  const host = new LayersHost(model);
  hosts.set(model, host);
  return host;
}
