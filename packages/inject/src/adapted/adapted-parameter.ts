// A raw parameter with a pair (PEFT's `target_parameters`): experts of a mixture, or any matrix that no layer owns.

import type { ForwardContext, ParameterRef } from "@lowrank/contracts";
import { type LoraPair, parameterDelta, parameterRows } from "@lowrank/math";
import * as tf from "@tensorflow/tfjs-core";
import type { PlannedRawParameter } from "../planned/planned-parts.ts";
import type { AdapterPart } from "./adapter-part.ts";

/** What an adapter has at one raw parameter. */
export interface AdaptedParameter extends AdapterPart {
  readonly part: "raw-parameter";
  readonly parameter: ParameterRef;
  /** A [inFeatures, experts·rank] and B [rank·experts, outFeatures]; owned by the handle. */
  readonly pair: LoraPair;
  readonly keys: PlannedRawParameter["keys"];
  readonly scaling: number;
}

export function adaptParameter(
  { keys, scaling }: PlannedRawParameter,
  parameter: ParameterRef,
  pair: LoraPair,
): AdaptedParameter {
  let scale = scaling;
  const withUpdate = (value: tf.Tensor, weight: number) =>
    tf.tidy(() => tf.add(value, parameterDelta(pair, parameter, scale * weight)));
  const { path, tiedWith } = parameter;
  return {
    part: "raw-parameter",
    parameter,
    pair,
    keys,
    scaling,
    tensors: pair.chain.map(({ variable, layout }, index) => ({
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
        inRows: async () => ({ kind: "low-rank", ...(await parameterRows(pair, parameter, scale)) }),
        replace: (value) => parameter.replace(value),
      },
    ],
    open: ({ name, checkCall }) => {
      const checked = (value: tf.Tensor, weight: number, context: ForwardContext) => {
        checkCall(context);
        return withUpdate(value, weight);
      };
      return parameter.override(name, checked, pair.variables);
    },
    setScale: (factor) => {
      scale = scaling * factor;
    },
    dispose: () => pair.dispose(),
  };
}
