// Normalization over the features, by mean and variance or by the root mean square.

import type { ForwardContext } from "@lowrank/contracts";
import type { ParameterRef } from "@lowrank/contracts/internal";
import { layerNorm, rmsNorm } from "@lowrank/engine";
import { ParameterSlot, type Part, type WeightSlot } from "@lowrank/engine/hook-points";
import { computeByRows, sameKind } from "@lowrank/engine/hook-points/internal";
import * as tf from "@tensorflow/tfjs-core";
import type { PartPlan, Planned } from "./planned.ts";

export interface NormOptions {
  readonly path: string;
  readonly kind: "layer" | "rms";
  /** False for a layer norm without a bias. */
  readonly bias?: boolean;
  readonly width: number;
  readonly epsilon: number;
  /** Added to an RMS norm's gain: 1 for Gemma. */
  readonly gainOffset?: number;
}

/** A norm with or without weights. */
export type NormLayer = Pick<Norm, "forward"> & Planned;

/** A layer norm without gain and bias (OLMo, some OPTs). */
export function plainNorm(epsilon: number): NormLayer {
  return {
    forward: (x) =>
      tf.tidy(() => {
        const width = x.shape.at(-1) ?? 1;
        return layerNorm(x, tf.ones([width]), tf.zeros([width]), epsilon);
      }),
  };
}

/** An RMS norm without a gain (Gemma 4's values). */
export function plainRmsNorm(epsilon: number): NormLayer {
  return { forward: (x) => tf.tidy(() => rmsNorm(x, tf.ones([x.shape.at(-1) ?? 1]), epsilon)) };
}

export class Norm implements Part {
  readonly slots: readonly WeightSlot[];
  readonly #gain: ParameterSlot;
  readonly #bias: ParameterSlot | undefined;

  constructor(private readonly options: NormOptions) {
    this.#gain = new ParameterSlot(`${options.path}.weight`, [options.width], "ones");
    this.#bias =
      options.kind === "layer" && options.bias !== false
        ? new ParameterSlot(`${options.path}.bias`, [options.width], "zeros")
        : undefined;
    this.slots = [this.#gain, ...(this.#bias?.slots ?? [])];
  }

  /** x [..., width] → the same shape. */
  forward(x: tf.Tensor, context: ForwardContext): tf.Tensor {
    const { path } = this.options;
    const hookPoints = this.#bias === undefined ? [this.#gain] : [this.#gain, this.#bias];
    return computeByRows({ x, context, path, hookPoints }, (rows, rowContext) => this.#forward(rows, rowContext));
  }

  readonly plan: PartPlan = (x, plan, context) => {
    if (this.isAdapted(context)) return plan.refuse(`${this.options.path} is adapted`);
    const { kind, width, epsilon, gainOffset = 0 } = this.options;
    const [gain, bias] = [this.#gain.value(context), this.#bias?.value(context)];
    return plan.norm(x, { kind, width, epsilon, gainOffset, gain, bias });
  };

  parameters(): readonly ParameterRef[] {
    return [...this.#gain.parameters(), ...(this.#bias?.parameters() ?? [])];
  }

  isAdapted(context: ForwardContext): boolean {
    return this.#gain.isAdapted(context) || (this.#bias?.isAdapted(context) ?? false);
  }

  variables(context: ForwardContext): readonly tf.Variable[] {
    return [...this.#gain.variables(context), ...(this.#bias?.variables(context) ?? [])];
  }

  get isChanged(): boolean {
    return this.#gain.isChanged || (this.#bias?.isChanged ?? false);
  }

  shareFrom(original: Part): void {
    const norm = sameKind(original, Norm);
    this.#gain.shareFrom(norm.#gain);
    if (norm.#bias !== undefined) this.#bias?.shareFrom(norm.#bias);
  }

  dispose(): void {
    this.#gain.dispose();
    this.#bias?.dispose();
  }

  #forward(x: tf.Tensor, context: ForwardContext): tf.Tensor {
    const { kind, width, epsilon, gainOffset = 0 } = this.options;
    const gain = this.#gain.value(context);
    if (kind === "rms") return rmsNorm(x, gain, epsilon, { gainOffset });
    return tf.tidy(() => layerNorm(x, gain, this.#bias?.value(context) ?? tf.zeros([width]), epsilon));
  }
}
