// A linear or embedding site made by hand, so that the packages which only know of sites can be tested without a model.

import type { ForwardContext, Site } from "@lowrank/contracts";
import type { Adaptation, Detach, Restore } from "@lowrank/contracts/internal";
import * as tf from "@tensorflow/tfjs-core";

/** The tensors of a hand-made site. */
export interface HandMadeSiteOptions {
  readonly kind?: "linear" | "embedding";
  readonly path: string;
  readonly role?: Site["role"];
  /** [inFeatures, outFeatures]; the site owns it. */
  readonly weight: tf.Tensor2D;
  /** Reads the bias in use for a call, if the site has one. */
  readonly bias?: (context: ForwardContext) => tf.Tensor;
  readonly fanInFanOut?: boolean;
  readonly tiedWith?: string;
}

/** The simplest thing that keeps the contract of a site: no fast paths, no tricks. */
export class HandMadeSite implements Site {
  readonly kind: "linear" | "embedding";
  readonly path: string;
  readonly role: Site["role"];
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly hasBias: boolean;
  readonly fanInFanOut: boolean;
  readonly tiedWith?: string;
  readonly #bias: ((context: ForwardContext) => tf.Tensor) | undefined;
  readonly #adaptations = new Map<string, Adaptation>();
  readonly #hidden: tf.Tensor2D[] = [];
  #weight: tf.Tensor2D;

  constructor(options: HandMadeSiteOptions) {
    this.kind = options.kind ?? "linear";
    this.path = options.path;
    this.role = options.role ?? "body";
    this.#weight = options.weight;
    this.inFeatures = options.weight.shape[0];
    this.outFeatures = options.weight.shape[1];
    this.hasBias = options.bias !== undefined;
    this.fanInFanOut = options.fanInFanOut ?? false;
    if (options.tiedWith !== undefined) this.tiedWith = options.tiedWith;
    this.#bias = options.bias;
  }

  /** Names of the adapters attached now. */
  get attached(): readonly string[] {
    return [...this.#adaptations.keys()];
  }

  attach(adapterName: string, adaptation: Adaptation): Detach {
    if (this.#adaptations.has(adapterName)) throw new Error(`"${adapterName}" is attached to "${this.path}" already.`);
    this.#adaptations.set(adapterName, adaptation);
    return () => {
      if (this.#adaptations.get(adapterName) === adaptation) this.#adaptations.delete(adapterName);
    };
  }

  applyBase(input: tf.Tensor): tf.Tensor {
    if (this.kind === "embedding") return tf.gather(this.#weight, tf.cast(input, "int32"));
    const rows = tf.reshape(input, [-1, this.inFeatures]); // [batch·time, inFeatures]
    return tf.reshape(tf.matMul(rows, this.#weight), [...input.shape.slice(0, -1), this.outFeatures]);
  }

  /** The site's whole output: frozen product, bias and the selected adaptations. */
  apply(input: tf.Tensor, context: ForwardContext): tf.Tensor {
    const product = this.applyBase(input);
    const base = this.#bias ? tf.add(product, this.#bias(context)) : product;
    const { adapters } = context;
    if (adapters.kind === "none") return base;
    if (adapters.kind === "active") {
      return adapters.adapters.reduce<tf.Tensor>((output, { name, weight }) => {
        const adaptation = this.#adaptations.get(name);
        return adaptation ? adaptation.apply({ input, output, site: this, context, weight }) : output;
      }, base);
    }
    return tf.concat(adapters.rows.map((name, row) => this.#applyRow(input, base, context, row, name)));
  }

  #applyRow(input: tf.Tensor, base: tf.Tensor, context: ForwardContext, row: number, name: string | null): tf.Tensor {
    const output = rowOf(base, row);
    const adaptation = name === null ? undefined : this.#adaptations.get(name);
    return adaptation ? adaptation.apply({ input: rowOf(input, row), output, site: this, context, weight: 1 }) : output;
  }

  readWeight(): tf.Tensor2D {
    return tf.clone(this.#weight);
  }

  replaceWeight(weight: tf.Tensor): Restore {
    const hidden = this.#weight;
    const replacement = tf.reshape(weight, [this.inFeatures, this.outFeatures]) as tf.Tensor2D;
    weight.dispose();
    this.#weight = replacement;
    this.#hidden.push(hidden);
    return () => {
      if (this.#weight !== replacement) return;
      replacement.dispose();
      this.#hidden.pop();
      this.#weight = hidden;
    };
  }

  dispose(): void {
    tf.dispose([this.#weight, ...this.#hidden.splice(0)]);
  }
}

function rowOf(tensor: tf.Tensor, row: number): tf.Tensor {
  return tf.slice(tensor, [row, ...tensor.shape.slice(1).map(() => 0)], [1, ...tensor.shape.slice(1)]);
}
