// What kinds of parts need to build a part: hook points, first values, variables with names.

import type { LoraConfig } from "@lowrank/adapter-format";
import type { VariantName } from "@lowrank/adapter-format/internal";
import * as tf from "@tensorflow/tfjs-core";
import type { AdaptedPart } from "../adapted/adapted-part.ts";
import type { HookPoints } from "../hosts/hook-points.ts";
import type { PlannedVectors } from "../planned/planned-parts.ts";
import type { VariantVectors } from "../variants/adaptation-of.ts";
import type { Wrapping } from "../variants/variant.ts";
import type { ValueSource, VectorLayer } from "./value-source.ts";

export interface MakerOptions {
  readonly adapterName: string;
  readonly config: LoraConfig;
  readonly hookPoints: HookPoints;
  readonly values: ValueSource;
  readonly trainable: boolean;
}

/** Makes the variables of one adapter and keeps its parts. */
export class PartMaker {
  readonly adapterName: string;
  readonly config: LoraConfig;
  readonly hookPoints: HookPoints;
  readonly values: ValueSource;
  /** The finished parts, in the order of the plan. */
  readonly builtParts: AdaptedPart[] = [];
  readonly #isTrainable: boolean;
  readonly #prefix: string;

  constructor({ adapterName, config, hookPoints, values, trainable }: MakerOptions) {
    this.adapterName = adapterName;
    this.config = config;
    this.hookPoints = hookPoints;
    this.values = values;
    this.#isTrainable = trainable;
    this.#prefix = unusedPrefix(adapterName);
  }

  /** A unique name for variables in the whole program. */
  nameOf(path: string): string {
    return `${this.#prefix}${path}`;
  }

  /** Arguments for variants. */
  get wrapping(): Omit<Wrapping, "vector"> {
    const { adapterName, config } = this;
    return { adapterName, config, dropout: config.dropout };
  }

  /** The additional vectors of variants. */
  vectors(planned: PlannedVectors, layer: VectorLayer): VariantVectors {
    const vectors = new Map<VariantName, tf.Variable>();
    try {
      for (const [variant, key] of planned)
        vectors.set(variant, this.variable(key, this.values.vector({ variant, key }, layer)));
      return vectors;
    } catch (error) {
      for (const variable of vectors.values()) variable.dispose();
      throw error;
    }
  }

  /** Takes ownership of the value. */
  variable<R extends tf.Rank>(key: string, value: tf.Tensor<R>, isTrained = true): tf.Variable<R> {
    try {
      return tf.variable(value, isTrained && this.#isTrainable, this.nameOf(key));
    } finally {
      value.dispose();
    }
  }
}

/** tfjs registers variables by name in the whole program, so names of two handles must differ. */
function unusedPrefix(name: string): string {
  const usedNames = Object.keys(tf.engine().registeredVariables);
  for (let number = 1; ; number++) {
    const prefix = `${name}#${number}/`;
    if (!usedNames.some((other) => other.startsWith(prefix))) return prefix;
  }
}
