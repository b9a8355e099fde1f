// A raw parameter with A and B (PEFT's `target_parameters`): experts of a mixture, or any matrix that no layer owns.

import type { ForwardContext } from "@lowrank/contracts";
import type { ParameterRef } from "@lowrank/contracts/internal";
import type { LoraMatrices } from "@lowrank/math";
import { parameterDelta, parameterRows } from "@lowrank/math/internal";
import * as tf from "@tensorflow/tfjs-core";
import type { PlannedRawParameter } from "../planned/planned-parts.ts";
import type { AdapterPart } from "./adapter-part.ts";

/** An adapter's part at one raw parameter. */
export interface AdaptedParameter extends AdapterPart {
  readonly part: "raw-parameter";
  readonly parameter: ParameterRef;
  /** A [inFeatures, experts·rank] and B [rank·experts, outFeatures]; owned by the handle. */
  readonly lora: LoraMatrices;
  readonly keys: PlannedRawParameter["keys"];
  readonly scaling: number;
}

export function adaptParameter(
  { keys, scaling }: PlannedRawParameter,
  parameter: ParameterRef,
  lora: LoraMatrices,
): AdaptedParameter {
  let scale = scaling;
  const withUpdate = (value: tf.Tensor, weight: number) =>
    tf.tidy(() => tf.add(value, parameterDelta(lora, parameter, scale * weight)));
  const { path, tiedWith } = parameter;
  return {
    part: "raw-parameter",
    parameter,
    lora,
    keys,
    scaling,
    tensors: lora.factors.map(({ variable, layout }, index) => ({
      key: index === 0 ? keys.a : keys.b,
      variable,
      layout,
      isTrained: true,
    })),
    changes: [
      {
        path,
        kind: "update",
        ...(tiedWith === undefined ? {} : { tiedWith }),
        read: () => parameter.read(),
        fold: (weight) => withUpdate(weight, 1),
        inRows: async () => ({ kind: "low-rank", ...(await parameterRows(lora, parameter, scale)) }),
        replace: (value) => parameter.replace(value),
      },
    ],
    attach: ({ name, checkCall }) => {
      const checked = (value: tf.Tensor, weight: number, context: ForwardContext) => {
        checkCall(context);
        return withUpdate(value, weight);
      };
      return parameter.override(name, checked, lora.variables);
    },
    setScale: (factor) => {
      scale = scaling * factor;
    },
    dispose: () => lora.dispose(),
  };
}
