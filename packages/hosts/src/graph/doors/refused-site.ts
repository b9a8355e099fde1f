// A layer that can have no adapter, shown all the same: whoever names it among the targets is told why, in place of a guess that there
// is no such layer.

import type { Detach, Restore, Site } from "@lowrank/contracts";
import type { OverridableParameter } from "@lowrank/engine/doors";
import type * as tf from "@tensorflow/tfjs-core";
import { UnadaptableLayerError } from "../../errors.ts";
import type { Refusal } from "../applications/application.ts";

export class RefusedSite implements Site {
  readonly kind = "convolution";
  readonly role = "body";
  readonly hasBias = false;
  readonly fanInFanOut = false;
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly refusal: string;

  constructor(
    readonly path: string,
    private readonly refused: Refusal,
    /** The weight, which can be trained as a whole. */
    readonly weight: OverridableParameter,
  ) {
    const { shape } = weight;
    this.inFeatures = shape.at(-2) ?? 1;
    this.outFeatures = shape.at(-1) ?? 1;
    this.refusal = refused.reason;
  }

  attach(): Detach {
    const { node, op, reason } = this.refused;
    throw new UnadaptableLayerError([{ name: node, className: op, reason }]);
  }

  applyBase(): tf.Tensor {
    return this.attach() as never;
  }

  readWeight(): tf.Tensor {
    return this.weight.read();
  }

  replaceWeight(weight: tf.Tensor): Restore {
    return this.weight.replace(weight);
  }
}
