// DoRA (Liu et al. 2024): only the direction of the adapted weight V = W + s·A·B is used; each column gets its own norm, the
// magnitude m. With g = m/‖V‖ the output is g·(V·x) + bias. The form output + (g − 1)·(output − bias) + g·s·B(A(x)) computes the
// frozen product only once.
//
// As in PEFT (tuners/lora/dora.py), the gradient treats ‖V‖ as constant (paper, section 4.3), and with dropout the middle term
// uses the dropped input.

import { type AdaptationCall, type OptionNames, refuseUnknownOptions } from "@lowrank/contracts/internal";
import { dropout } from "@lowrank/engine";
import { withoutTape } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";
import { siteKinds } from "../kinds/kinds.ts";
import type { RowUpdate } from "../update/row-update.ts";
import { checkDropout } from "./lora-adaptation.ts";
import type { BiasBases, LowRankAdaptation } from "./low-rank-adaptation.ts";

/** Options of `DoraAdaptation`. */
export interface DoraAdaptationOptions {
  /** The LoRA adaptation of the same site, without dropout. */
  readonly inner: LowRankAdaptation;
  /** m, [outFeatures]; owned by the caller. Its initial value is `adaptedNorms` of the frozen weight. */
  readonly magnitude: tf.Variable;
  /** Dropout probability of the input in training; not used for an embedding. Default 0. */
  readonly dropout?: number;
  /** Gives two adapters at one site different dropout masks. Default "default". */
  readonly adapterName?: string;
}

const optionNames: OptionNames<DoraAdaptationOptions> = {
  inner: true,
  magnitude: true,
  dropout: true,
  adapterName: true,
};

/**
 * Weight-decomposed LoRA for a linear layer, a convolution or an embedding.
 *
 * Throws INVALID_SETTING.
 */
export class DoraAdaptation implements LowRankAdaptation {
  readonly inner: LowRankAdaptation;
  readonly magnitude: tf.Variable;
  readonly dropout: number;
  readonly foldsOnlyAdded = true;
  readonly variables: readonly tf.Variable[];
  readonly #adapterName: string;
  /** Cached ‖V‖ and the values that it was computed from. It is equal for all tokens of a text and all batches of a validation. */
  #cached: { readonly from: readonly unknown[]; readonly norms: tf.Tensor } | undefined;

  constructor(options: DoraAdaptationOptions) {
    refuseUnknownOptions("DoraAdaptation", options, optionNames);
    const { inner, magnitude, dropout = 0, adapterName = "default" } = options;
    this.inner = inner;
    this.magnitude = magnitude;
    this.dropout = checkDropout("DoraAdaptation", dropout);
    this.variables = [...inner.variables, magnitude];
    this.#adapterName = adapterName;
  }

  get scale(): number {
    return this.inner.scale;
  }

  set scale(scale: number) {
    this.inner.scale = scale;
  }

  apply(call: AdaptationCall): tf.Tensor {
    return tf.tidy(() => {
      const { output } = call;
      const input = this.#dropped(call);
      const ratio = tf.div(this.magnitude, this.#normsFor(call)); // [outFeatures]
      const update = this.inner.apply({ ...call, input, output: tf.zerosLike(output) });
      const product = input === call.input ? withoutBias(call) : call.site.applyBase(input);
      const stretched = tf.mul(tf.sub(ratio, 1), product);
      const whole = tf.add(tf.add(output, stretched), tf.mul(ratio, update));
      return input === call.input ? whole : this.#onWholeInput(whole, { ...call, input }, call);
    });
  }

  delta(strength: number): tf.Tensor {
    return this.inner.delta(strength);
  }

  async rows(): Promise<RowUpdate> {
    return { ...(await this.inner.rows()), magnitudes: await this.magnitude.data<"float32">() };
  }

  /** g·(weight + s·A·B). g is computed from `base`: earlier adaptations do not count in ‖V‖, as in a forward pass. */
  fold(weight: tf.Tensor, base: tf.Tensor): tf.Tensor {
    return tf.tidy(() =>
      tf.mul(
        this.#ratio(() => base, 1),
        tf.add(weight, this.inner.delta(1)),
      ),
    );
  }

  /** base + g·(bias − base): what earlier adaptations added to the bias is part of the output that DoRA scales. An unchanged bias stays unchanged. */
  foldBias(bias: tf.Tensor, bases: BiasBases): tf.Tensor {
    return tf.tidy(() => {
      const ratio = this.#ratio(() => bases.weight(), 1); // [outFeatures]
      return tf.add(bases.bias, tf.mul(ratio, tf.sub(bias, bases.bias)));
    });
  }

  release(): void {
    this.#cached?.norms.dispose();
    this.#cached = undefined;
  }

  /** The part of the weight that A and B replace (PiSSA) is subtracted from the frozen product, which uses the input before dropout. */
  #onWholeInput(result: tf.Tensor, dropped: AdaptationCall, whole: AdaptationCall): tf.Tensor {
    const masked = this.inner.replacedOutput?.(dropped);
    const full = this.inner.replacedOutput?.(whole);
    return masked === undefined || full === undefined ? result : tf.add(result, tf.sub(full, masked));
  }

  #dropped({ input, site, context }: AdaptationCall): tf.Tensor {
    const rate = context.training && siteKinds[site.kind].dropsInput ? this.dropout : 0;
    if (rate === 0) return input;
    return dropout(input, rate, { ...context.random, path: `${this.#adapterName}/${site.path}` });
  }

  /** g = m/‖V‖ */
  #ratio(base: () => tf.Tensor, strength: number): tf.Tensor {
    return tf.div(this.magnitude, this.#norms(base, strength));
  }

  /** ‖V‖ in a call, cached if the site reports changes of its weight. A variable gets new data after each change. */
  #normsFor(call: AdaptationCall): tf.Tensor {
    const weight = call.site.weightIdentity?.(call.context);
    if (weight === undefined) return this.#norms(() => weightOf(call), call.weight);
    const from = [weight, this.scale, call.weight, ...this.inner.variables.map(({ dataId }) => dataId)];
    if (this.#cached === undefined || !from.every((part, index) => part === this.#cached?.from[index])) {
      this.release();
      this.#cached = { from, norms: tf.keep(this.#norms(() => weightOf(call), call.weight)) };
    }
    return this.#cached.norms;
  }

  /** ‖V‖; 1 for a column of zeros, which has no direction. */
  #norms(base: () => tf.Tensor, strength: number): tf.Tensor {
    return withoutTape(() =>
      tf.tidy(() => {
        const found = adaptedNorms(base(), this.inner, strength);
        return tf.where(tf.equal(found, 0), tf.onesLike(found), found);
      }),
    );
  }
}

/** ‖V‖: column norms of a weight plus the update of an adaptation, [outFeatures]. The caller owns the result. */
export function adaptedNorms(weight: tf.Tensor, adaptation: LowRankAdaptation, strength = 1): tf.Tensor1D {
  return tf.tidy(() => {
    const delta = adaptation.deltaForNorms?.(strength) ?? adaptation.delta(strength);
    return columnNorms(tf.add(weight, delta));
  });
}

/** Column norms of a weight whose last axis is the output: [inFeatures, outFeatures] or HWIO → [outFeatures]. */
export function columnNorms(weight: tf.Tensor): tf.Tensor1D {
  const axes = weight.shape.map((_, axis) => axis).slice(0, -1);
  return tf.tidy(() => tf.sqrt(tf.sum<tf.Tensor1D>(tf.square(weight), axes)));
}

function weightOf({ site, context }: AdaptationCall): tf.Tensor {
  return site.values?.(context).weight ?? site.readWeight();
}

/** The output so far minus the site's bias. */
function withoutBias({ site, output, input, context }: AdaptationCall): tf.Tensor {
  if (!site.hasBias) return output;
  const values = site.values?.(context);
  // If the site does not give its bias, the product is computed a second time.
  if (values === undefined) return site.applyBase(input);
  return values.bias === undefined ? output : tf.sub(output, values.bias);
}
