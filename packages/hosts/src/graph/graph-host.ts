// A tf.GraphModel with hook points. The model itself is unchanged and still works on its own. Calls of the host select the adapters;
// without an adapter only TensorFlow.js's own executor runs.

import { type AdaptableModel, type ForwardContext, inferenceContext, type Site } from "@lowrank/contracts";
import type { ParameterRef } from "@lowrank/contracts/internal";
import { registerGradients } from "@lowrank/engine";
import { graphKernelGradients } from "@lowrank/engine/internal";
import { adapterNames } from "@lowrank/inject";
import type { GraphModel } from "@tensorflow/tfjs-converter";
import * as tf from "@tensorflow/tfjs-core";
import { type Topology, topologyFingerprint } from "../topology/topology.ts";
import type { Refusal } from "./applications/application.ts";
import { constantsOf } from "./applications/find-applications.ts";
import { graphNameError, hostDisposedError, hostInUseError } from "./errors.ts";
import { topologyOf } from "./graph-topology.ts";
import { GraphHookPoints } from "./hook-points/graph-hook-points.ts";
import { type Graph, nodeOfReference, readGraph } from "./reading/graph.ts";
import { type GraphCall, GraphRunner } from "./running/graph-runner.ts";

/** Inputs of a graph: its only input, all inputs in order, or values by name, for inputs and any other node. */
export type GraphInputs = tf.Tensor | readonly tf.Tensor[] | tf.NamedTensorMap;

/** Options of a call. */
export interface ExecuteOptions {
  /** Which adapters act. Default: none. */
  readonly context?: ForwardContext;
  /** Names of outputs, or of any nodes. Default: the model's outputs. */
  readonly outputs?: readonly string[];
}

/** A tf.GraphModel that accepts adapters; `graphModel` makes one. */
export class GraphHost implements AdaptableModel {
  /** Layers that cannot have an adapter, with reasons. Their weights can be trained in full. */
  readonly refused: readonly Refusal[];
  /** One line for each node of the graph. */
  readonly topology: Topology;
  /** A hash of the topology, which adapters store. */
  readonly fingerprint: string;
  readonly #graph: Graph;
  readonly #hookPoints: GraphHookPoints;
  readonly #runner: GraphRunner;
  #isDisposed = false;

  constructor(readonly model: GraphModel) {
    this.#graph = readGraph(model);
    this.#hookPoints = new GraphHookPoints(model, this.#graph, constantsOf(model, this.#graph));
    this.#runner = new GraphRunner(model, this.#graph, (application) => this.#hookPoints.siteOf(application));
    this.refused = this.#hookPoints.refusals;
    this.topology = topologyOf(model, this.#graph);
    this.fingerprint = topologyFingerprint(this.topology);
  }

  sites(): readonly Site[] {
    this.#checkUsable();
    return this.#hookPoints.sites();
  }

  parameters(): readonly ParameterRef[] {
    this.#checkUsable();
    return this.#hookPoints.parameters();
  }

  /** One output, by default the model's first. The caller owns it. Throws as `execute`. */
  forward(inputs: GraphInputs, context: ForwardContext = inferenceContext(), output?: string): tf.Tensor {
    const outputs = output === undefined ? this.#graph.outputs.slice(0, 1) : [output];
    return this.execute(inputs, { context, outputs })[0]!;
  }

  /**
   * One tensor for each output, which the caller owns. Differentiable for the adapters' variables: the part before the first adapted
   * layer is computed outside the tape.
   *
   * Throws GRAPH_NAME; GRAPH_DYNAMIC if the graph has control flow or shapes that depend on values (use `prepare`);
   * GRAPH_WITHOUT_GRADIENT if gradients cannot reach an adapter; GRAPH_INPUT_STALE for prepared values of another call.
   */
  execute(inputs: GraphInputs, options: ExecuteOptions = {}): readonly tf.Tensor[] {
    return tf.tidy(() => [...this.#runner.run(this.#call(inputs, options))]);
  }

  /** Like `execute`, for every graph, with control flow, but without gradients. */
  async executeAsync(inputs: GraphInputs, options: ExecuteOptions = {}): Promise<readonly tf.Tensor[]> {
    return this.#keeping(inputs, options, (call) => this.#runner.runAsync(call));
  }

  /**
   * Computes the part of a call before its first adapted layer, control flow included. Pass the result to `execute` instead of the
   * inputs. The caller owns the tensors, and may reuse them as long as the inputs stay the same.
   */
  async prepare(inputs: GraphInputs, options: ExecuteOptions = {}): Promise<tf.NamedTensorMap> {
    return this.#keeping(inputs, options, (call) => this.#runner.prepare(call));
  }

  /** Constants that merges replaced, by name, as copies that the caller owns. */
  replaced(): ReadonlyMap<string, tf.Tensor> {
    this.#checkUsable();
    return this.#hookPoints.replaced();
  }

  /** Frees the hook points, but not the model. Throws HOST_IN_USE while adapters are attached. */
  dispose(): void {
    if (this.#isDisposed) return;
    const names = adapterNames(this);
    if (names.length > 0) throw hostInUseError(names);
    this.#hookPoints.dispose();
    this.#isDisposed = true;
  }

  #call(
    inputs: GraphInputs,
    { context = inferenceContext(), outputs }: ExecuteOptions,
    changed: ReadonlyMap<string, tf.Tensor> = this.#hookPoints.changed(context),
  ): GraphCall {
    this.#checkUsable();
    return {
      feeds: this.#feeds(inputs),
      wanted: outputs?.map((name) => this.#graph.reference(name)) ?? this.#graph.outputs,
      context,
      applications: this.#hookPoints.open(context),
      changed,
    };
  }

  /** Keeps the replacements of constants alive during an asynchronous call. */
  async #keeping<Result>(
    inputs: GraphInputs,
    options: ExecuteOptions,
    run: (call: GraphCall) => Promise<Result>,
  ): Promise<Result> {
    const changed = new Map<string, tf.Tensor>();
    tf.tidy(() => {
      for (const [name, value] of this.#hookPoints.changed(options.context ?? inferenceContext()))
        changed.set(name, tf.keep(tf.clone(value)));
    });
    const call = this.#call(inputs, options, changed);
    try {
      return await run(call);
    } finally {
      tf.dispose([...changed.values()]);
    }
  }

  #feeds(inputs: GraphInputs): tf.NamedTensorMap {
    const named = this.#named(inputs);
    const feeds = named.map(([name, tensor]) => [this.#graph.reference(name), tensor] as const);
    const unknown = feeds.filter(([reference]) => !this.#graph.nodes.has(nodeOfReference(reference)));
    if (unknown.length > 0)
      throw graphNameError(
        "unknown",
        unknown.map(([reference]) => reference),
        this.model.inputNodes,
      );
    return Object.fromEntries(feeds);
  }

  #named(inputs: GraphInputs): readonly (readonly [string, tf.Tensor])[] {
    const isOne = inputs instanceof tf.Tensor;
    if (!isOne && !Array.isArray(inputs)) return Object.entries(inputs);
    const list: readonly tf.Tensor[] = isOne ? [inputs] : inputs;
    const names = this.model.inputNodes.filter((name) => !this.#graph.captured.has(this.#graph.reference(name)));
    if (list.length !== names.length) throw graphNameError("missing", names.slice(list.length), names);
    return names.map((name, index) => [name, list[index]!]);
  }

  #checkUsable(): void {
    if (this.#isDisposed) throw hostDisposedError();
  }
}

/**
 * Makes a converted TensorFlow model accept adapters. Matrix products, convolutions, einsums and lookups with a constant are sites.
 * A site has the name of its constant, with dots for slashes. Every other constant of floats is a parameter.
 *
 * The model keeps its weights. They are in memory once, kernels larger than 1×1 twice. Throws GRAPH_UNREADABLE, GRAPH_WITHOUT_WEIGHTS.
 *
 * @example
 * ```ts
 * import { createLoraConfig } from "@lowrank/adapter-format";
 * import { activeAdapters, inferenceContext } from "@lowrank/contracts";
 * import { graphModel } from "@lowrank/hosts/graph";
 * import { injectAdapter, planInjection } from "@lowrank/inject";
 * import type { GraphModel } from "@tensorflow/tfjs-converter";
 * import type * as tf from "@tensorflow/tfjs-core";
 *
 * export function adapt(model: GraphModel, x: tf.Tensor): tf.Tensor {
 *   const host = graphModel(model);
 *   const plan = planInjection(host, createLoraConfig({ rank: 8, targetModules: "all-linear" }));
 *   injectAdapter(host, plan, { seed: 7, baseFingerprint: host.fingerprint });
 *   return host.forward(x, inferenceContext(activeAdapters("default")));
 * }
 * ```
 */
export function graphModel(model: GraphModel): GraphHost {
  registerGradients();
  registerGradients(graphKernelGradients);
  return new GraphHost(model);
}
