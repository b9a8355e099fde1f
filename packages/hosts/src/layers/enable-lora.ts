// LoRA in one line, as in Keras.

import { createLoraConfig, type LoraConfig } from "@lowrank/adapter-format";
import { listed } from "@lowrank/contracts";
import { type OptionNames, refuseUnknownOptions } from "@lowrank/contracts/internal";
import { type AdapterHandle, injectAdapter, planInjection } from "@lowrank/inject";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { unadaptableLayerError, unadaptableModelError } from "../errors.ts";
import type { LayersHost } from "./layers-host.ts";
import { layersModel } from "./layers-model.ts";

/** Settings of the adapter. */
export interface EnableLoraOptions {
  readonly rank: number;
  /** The update is multiplied by alpha/rank. Default: the rank, as in Keras. */
  readonly alpha?: number;
  /**
   * Names of layers. The name of a layer in an inner model may include that model's name ("backbone.dense_1"). Default: all layers with
   * a matrix or kernel, except embeddings and depthwise kernels.
   */
  readonly layers?: readonly string[];
  /** Default "default". */
  readonly name?: string;
  /** Random seed of the initialization. Default 0. */
  readonly seed?: number;
  /** Other fields of a LoRA configuration: `rankStabilized`, `dropout`, `modulesToSave` … */
  readonly config?: Partial<LoraConfig>;
}

const optionNames: OptionNames<EnableLoraOptions> = {
  rank: true,
  alpha: true,
  layers: true,
  name: true,
  seed: true,
  config: true,
};

/**
 * Attaches a new adapter to a model. From now on the model computes with it, and `model.fit` trains only the adapter. Compile the
 * model afterwards, with a new optimizer. `dispose()` of the handle removes the adapter.
 *
 * @throws UNADAPTABLE_LAYER naming every requested layer without a site, with its class;
 * UNADAPTABLE_MODEL, and what `planInjection` and `injectAdapter` throw. The model is unchanged then.
 *
 * @example
 * ```ts
 * import { enableLora } from "@lowrank/hosts/layers";
 * import "@tensorflow/tfjs-backend-cpu";
 * import * as tf from "@tensorflow/tfjs-core";
 * import { layers, sequential } from "@tensorflow/tfjs-layers";
 *
 * const model = sequential({ layers: [layers.dense({ units: 2, inputShape: [3] })] });
 * const adapter = enableLora(model, { rank: 1 });
 * model.compile({ optimizer: "adam", loss: "meanSquaredError" });
 * await model.fit(tf.ones([4, 3]), tf.ones([4, 2]), { epochs: 1, verbose: 0 });
 * adapter.dispose();
 * ```
 */
export function enableLora(model: LayersModel, options: EnableLoraOptions): AdapterHandle {
  refuseUnknownOptions("enableLora", options, optionNames);
  const { rank, alpha = rank, layers, name = "default", seed = 0, config = {} } = options;
  const host = layersModel(model);
  const targetModules = layers === undefined ? defaultTargets(host) : layers.flatMap((layer) => sitesOf(host, layer));
  if (layers !== undefined) checkLayers(host, layers);
  const plan = planInjection(host, createLoraConfig({ rank, alpha, targetModules, ...config }));
  return injectAdapter(host, plan, { name, seed, baseFingerprint: host.fingerprint });
}

/** Throws UNADAPTABLE_MODEL if there is none. */
function defaultTargets(host: LayersHost): readonly string[] {
  const paths = host.layers.flatMap(({ sites }) => sites.filter(({ isOptIn }) => !isOptIn).map(({ path }) => path));
  if (paths.length > 0) return paths;
  const layers = host.layers.map(({ path, className }) => `${path} (${className})`);
  throw unadaptableModelError(host.model.name, "no layer has a matrix or kernel large enough for LoRA", layers);
}

/** The sites of the layers with a name, or the single site with this name. */
function sitesOf(host: LayersHost, name: string): readonly string[] {
  const isMeant = (path: string) => path === name || path.endsWith(`.${name}`);
  return host.layers.flatMap(({ path, sites }) =>
    sites.filter((site) => isMeant(path) || isMeant(site.path)).map((site) => site.path),
  );
}

function checkLayers(host: LayersHost, names: readonly string[]): void {
  const problems = names
    .filter((name) => sitesOf(host, name).length === 0)
    .map((name) => {
      const found = host.layers.find(({ path }) => path === name || path.endsWith(`.${name}`));
      const reason =
        found === undefined
          ? `the model has no such layer; it has ${listed(host.layers.map(({ path }) => path))}`
          : "it has no matrix and no kernel";
      return { name, className: found?.className ?? "unknown", reason };
    });
  if (problems.length > 0) throw unadaptableLayerError(problems);
}
