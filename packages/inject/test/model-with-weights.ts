// The hand-made model with the weights of its linear layers as parameters, for adapters that compute with others in their
// place.

import { type ForwardContext, inferenceContext } from "@lowrank/contracts";
import { HandMadeModel, type HandMadeModelOptions, HandMadeParameter, HandMadeSite } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";

/** A linear site whose weight is a parameter. */
class SiteWithParameter extends HandMadeSite {
  readonly weight: HandMadeParameter;
  #context = inferenceContext();

  constructor(site: HandMadeSite, bias: ((context: ForwardContext) => tf.Tensor) | undefined) {
    const { path, role, fanInFanOut, tiedWith } = site;
    const weight = site.readWeight();
    super({ path, role, fanInFanOut, weight, ...(bias && { bias }), ...(tiedWith === undefined ? {} : { tiedWith }) });
    this.weight = new HandMadeParameter(`${path}.weight`, tf.clone(weight), true);
  }

  override apply(input: tf.Tensor, context: ForwardContext): tf.Tensor {
    this.#context = context;
    return super.apply(input, context);
  }

  override applyBase(input: tf.Tensor): tf.Tensor {
    const weight = this.weight.value(this.#context) as tf.Tensor2D; // [inFeatures, outFeatures]
    const rows = tf.reshape(input, [-1, this.inFeatures]); // [batch·time, inFeatures]
    return tf.reshape(tf.matMul(rows, weight), [...input.shape.slice(0, -1), this.outFeatures]);
  }

  override dispose(): void {
    super.dispose();
    this.weight.dispose();
  }
}

/** Computes what `HandMadeModel` computes. */
export class ModelWithWeights extends HandMadeModel {
  readonly #linear: ReadonlyMap<string, SiteWithParameter>;

  constructor(options: HandMadeModelOptions = {}) {
    super(options);
    const linear = super.sites().filter(({ kind }) => kind === "linear");
    this.#linear = new Map(
      linear.map((site) => {
        const bias = (context: ForwardContext) => this.parameter(`${site.path}.bias`).value(context);
        return [site.path, new SiteWithParameter(site, site.hasBias ? bias : undefined)];
      }),
    );
  }

  override sites(): readonly HandMadeSite[] {
    return super.sites().map((site) => this.#linear.get(site.path) ?? site);
  }

  override site(path: string): HandMadeSite {
    return this.#linear.get(path) ?? super.site(path);
  }

  override parameters(): readonly HandMadeParameter[] {
    return [...super.parameters(), ...[...this.#linear.values()].map(({ weight }) => weight)];
  }

  override dispose(): void {
    super.dispose();
    for (const site of this.#linear.values()) site.dispose();
  }
}
