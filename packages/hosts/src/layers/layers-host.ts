// A tf.LayersModel with hook points.

import {
  type AdaptableModel,
  type AdapterSelection,
  activeAdapters,
  type ForwardContext,
  noAdapters,
  type Site,
  selectedNames,
} from "@lowrank/contracts";
import type { Detach, ParameterRef } from "@lowrank/contracts/internal";
import { adapterNames, findAdapter } from "@lowrank/inject";
import { mergeAdapter } from "@lowrank/merge";
import * as tf from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { modelChangedError, unadaptableModelError, undecidedSaveError } from "../errors.ts";
import { SharedPatch } from "../hook-points/shared-patch.ts";
import { type Topology, topologyFingerprint } from "../topology/topology.ts";
import { findLayers } from "./find-layers.ts";
import { type CallSettings, type ForeignLayer, fieldOf, layersOf, type Tensors } from "./foreign-layer.ts";
import { hostLayer } from "./host-layers.ts";
import type { HostedLayer } from "./layer-kind.ts";
import { patchModel } from "./patch-model.ts";

/** Which weights are saved while adapters are attached. */
export type SavedWeights = "base" | "merged";

/** A layer and its sites. */
export interface LayerSummary {
  readonly path: string;
  /** "Dense" */
  readonly className: string;
  /** `isOptIn`: adapted only if a target names it, such as an embedding or a depthwise kernel. */
  readonly sites: readonly { readonly path: string; readonly isOptIn: boolean }[];
}

/**
 * A tf.LayersModel with hook points. `predict`, `evaluate` and `fit` of the model itself use all attached adapters, unless `adapters`
 * selects some. `fit` trains only the adapters' weights. The model owns its weights, and the adapters' handles own theirs.
 */
export class LayersHost implements AdaptableModel {
  readonly model: LayersModel;
  /** Which adapters the model's own calls use; undefined for all that are attached, each with weight 1. */
  adapters: AdapterSelection | undefined;
  /** The model's structure, with a line for each layer. */
  readonly topology: Topology;
  readonly #layers: readonly HostedLayer[];
  readonly #save: LayersModel["save"];
  /** Counts calls in training, so that each has a different dropout mask. */
  #step = 0;

  /** Use `layersModel`. Throws UNADAPTABLE_MODEL. */
  constructor(model: LayersModel) {
    this.model = model;
    this.#save = model.save.bind(model);
    const patch = new SharedPatch(() => this.#take());
    // A sequential model builds its inner model on first use.
    if (!model.built && model.outputs.length > 0) model.build([]);
    const found = model.built ? findLayers(model) : [];
    if (found.length === 0) {
      const reason = "it has no weights yet; give its first layer an inputShape, or build it";
      throw unadaptableModelError(model.name, reason);
    }
    this.#layers = found.map((layer) => hostLayer(layer, patch));
    this.topology = describeTopology(model, this.#layers);
  }

  /** A hash of the topology. */
  get fingerprint(): string {
    return topologyFingerprint(this.topology);
  }

  sites(): readonly Site[] {
    return this.#layers.flatMap(({ sites }) => sites);
  }

  parameters(): readonly ParameterRef[] {
    return this.#layers.flatMap(({ parameters }) =>
      parameters.flatMap(({ parameter, isBuffer }) => (isBuffer ? [] : [parameter])),
    );
  }

  /** All layers with their sites. */
  get layers(): readonly LayerSummary[] {
    return this.#layers.map(({ path, layer, sites }) => ({
      path,
      className: layer.getClassName(),
      sites: sites.map((site) => ({ path: site.path, isOptIn: site.isOptIn })),
    }));
  }

  /** Runs `compute` with these adapters; `within(noAdapters, …)` uses the base model. `compute` must be synchronous. */
  within<T>(adapters: AdapterSelection, compute: () => T): T {
    const before = this.adapters;
    this.adapters = adapters;
    try {
      return compute();
    } finally {
      this.adapters = before;
    }
  }

  /**
   * Saves like `model.save`: the base weights, or weights with the selected adapters merged. The adapters are detached while merged
   * weights are written, and attached again afterwards.
   *
   * @throws UNDECIDED_SAVE if the optimizer is to be saved with it, or adapters are selected by row or with a weight other
   * than 1; what `mergeAdapter` throws
   */
  async save(weights: SavedWeights, ...parameters: Parameters<LayersModel["save"]>): Promise<tf.io.SaveResult> {
    const selection = this.#selection();
    if (selectedNames(selection).length === 0) return this.#save(...parameters);
    const isPlain = selection.kind === "active" && selection.adapters.every(({ weight }) => weight === 1);
    if (parameters[1]?.includeOptimizer || (weights === "merged" && !isPlain))
      throw undecidedSaveError(this.model.name);
    if (weights === "base") return this.#save(...parameters);
    const handles = selectedNames(selection).map((name) => findAdapter(this, name));
    const merged = await mergeAdapter(this, handles);
    try {
      return await this.#save(...parameters);
    } finally {
      merged.undo();
    }
  }

  #selection(): AdapterSelection {
    if (this.adapters !== undefined) return this.adapters;
    const names = adapterNames(this);
    return names.length === 0 ? noAdapters : activeAdapters(...names);
  }

  #take(): Detach {
    const now = describeTopology(
      this.model,
      findLayers(this.model).map((layer) => hostLayer(layer, new SharedPatch(() => () => {}))),
    );
    const differences = [
      ...now.filter((line) => !this.topology.includes(line)),
      ...this.topology.filter((line) => !now.includes(line)),
    ];
    if (differences.length > 0) throw modelChangedError(this.model.name, differences);
    return patchModel(this.model, {
      layers: this.#layers,
      call: (hosted, inputs, settings, original) => this.#call(hosted, { inputs, settings, original }),
      variables: () => this.#variables(),
    });
  }

  #call(
    hosted: HostedLayer,
    call: { readonly inputs: Tensors; readonly settings: CallSettings; readonly original: ForeignLayer["call"] },
  ): Tensors {
    const context = this.#context(call.settings);
    const isOpen =
      hosted.sites.some((site) => site.isAdapted(context)) ||
      hosted.parameters.some(({ parameter }) => parameter.isAdapted(context));
    // Outside training, a layer without an adapter runs its own call.
    const isTrained = context.training || tf.engine().state.gradientDepth > 0;
    if (!isOpen && !(isTrained && hosted.kind.replacesInTraining)) return call.original(call.inputs, call.settings);
    return tf.tidy(() => hosted.kind.call({ ...hosted, ...call, context }));
  }

  #context({ training }: CallSettings): ForwardContext {
    const isTraining = training === true;
    if (isTraining) this.#step += 1;
    return {
      training: isTraining,
      adapters: this.#selection(),
      random: { seed: 0, step: this.#step, microStep: 0 },
    };
  }

  #variables(): readonly tf.Variable[] {
    const context = this.#context({});
    const all = this.#layers.flatMap(({ sites, parameters }) => [
      ...sites.flatMap((site) => site.variables(context)),
      ...parameters.flatMap(({ parameter }) => parameter.variables(context)),
    ]);
    return [...new Set(all)].filter(({ trainable }) => trainable);
  }
}

/** Short fields of a configuration that affect a layer's output. */
const fields: readonly string[] = ["activation", "strides", "padding", "dilationRate", "dataFormat", "axis", "mode"];

/** The structure of a LayersModel as lines of text. An adapter is attached only to a model with the same lines. */
function describeTopology(model: ForeignLayer, layers: readonly HostedLayer[]): Topology {
  const inputs = new Map(inputsOf(model));
  return layers.map(({ layer, path, parameters }) => {
    const weights = parameters.map(({ name, variable }) => `${name}[${variable.read().shape.join()}]`);
    const settings = fields.flatMap((field) => {
      const value = fieldOf(layer, field);
      return value === undefined || value === null ? [] : [`${field}=${JSON.stringify(value)}`];
    });
    const from = inputs.get(layer);
    return [path, layer.getClassName(), ...weights, ...settings, ...(from ? [`< ${from}`] : [])].join(" ");
  });
}

/** The names of each layer's input layers, if the model has them. */
function inputsOf(model: ForeignLayer): readonly (readonly [layer: ForeignLayer, names: string])[] {
  return (layersOf(model) ?? []).flatMap((layer) => {
    const nodes: unknown = "inboundNodes" in layer ? layer.inboundNodes : [];
    const names = (Array.isArray(nodes) ? nodes : []).flatMap((node: { inboundLayers?: readonly ForeignLayer[] }) =>
      (node.inboundLayers ?? []).map(({ name }) => name),
    );
    return [[layer, [...new Set(names)].join(", ")] as const, ...inputsOf(layer)];
  });
}
