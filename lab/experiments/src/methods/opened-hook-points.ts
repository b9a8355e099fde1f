// The base of most methods: variables at hook points of a model, and one switch that closes them all.

import type { Site } from "@lowrank/contracts";
import type { Adaptation, ParameterRef } from "@lowrank/contracts/internal";
import { normal } from "@lowrank/engine/internal";
import type { PretrainedModel } from "@lowrank/models";
import * as tf from "@tensorflow/tfjs-core";
import { type Adapted, adapterName } from "./method.ts";

/** Collects variables and opened hook points while a method is attached. */
export class OpenedHookPoints implements Adapted {
  readonly variables = new Map<string, tf.Variable>();
  readonly #closings: (() => void)[] = [];

  constructor(
    readonly model: PretrainedModel,
    readonly seed: number,
  ) {}

  /** A variable with a name of its own; takes ownership of `value`. */
  variable(name: string, value: tf.Tensor): tf.Variable {
    const variable = tf.variable(value);
    value.dispose();
    this.variables.set(name, variable);
    return variable;
  }

  /** Numbers that are drawn for this name and seed; the caller owns them. */
  drawn(name: string, shape: readonly number[], deviation: number): tf.Tensor {
    return normal(shape, 0, deviation, { seed: this.seed, path: name });
  }

  /** Something that does not train; freed with the rest. */
  frozen<T extends tf.Tensor>(tensor: T): T {
    this.#closings.push(() => tensor.dispose());
    return tensor;
  }

  attach(site: Site, adaptation: Adaptation): void {
    this.#closings.push(site.attach(adapterName, adaptation));
  }

  override(
    parameter: ParameterRef,
    value: tf.Variable | ((value: tf.Tensor) => tf.Tensor),
    reads: readonly tf.Variable[] = [],
  ): void {
    this.#closings.push(parameter.override(adapterName, value, reads));
  }

  /** Trains a parameter from the value that it has. */
  train(parameter: ParameterRef): void {
    this.override(parameter, this.variable(parameter.path, parameter.read()));
  }

  /** Trains what no file held: a classifier has to be learned by every method. */
  trainNewHead(): void {
    const { newParameters } = this.model;
    for (const parameter of this.model.parameters()) if (newParameters.includes(parameter.path)) this.train(parameter);
  }

  dispose(): void {
    for (const close of this.#closings) close();
    for (const variable of this.variables.values()) variable.dispose();
  }
}
