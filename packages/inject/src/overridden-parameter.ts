// A weight of the base that an adapter has a value of its own for, whole.

import type { ParameterRef } from "@lowrank/contracts";
import { plainLayout, transposedLayout } from "@lowrank/math";
import * as tf from "@tensorflow/tfjs-core";
import type { AdapterPart } from "./adapter-part.ts";
import type { PlannedParameter } from "./injection-plan.ts";

/** A weight of the model that the adapter replaces by a variable of its own. */
export interface OverriddenParameter extends AdapterPart {
  readonly parameter: ParameterRef;
  /** As computed with: the shape of the parameter. */
  readonly variable: tf.Variable;
  /** Name in an adapter file, without "base_model.model.". */
  readonly key: string;
  /** False for the frozen weight of an adapted embedding that PEFT stores with it; it acts only if it differs. */
  readonly isTrained: boolean;
}

/** Puts it together; nothing is attached yet. */
export function overrideParameter(
  { key, reason }: PlannedParameter,
  parameter: ParameterRef,
  variable: tf.Variable,
): OverriddenParameter {
  const isTrained = reason !== "base-layer";
  const { path, tiedWith, transposedInFile } = parameter;
  const isIdle = !isTrained && isFrozenValue(parameter, variable);
  return {
    parameter,
    variable,
    key,
    isTrained,
    tensors: [{ key, variable, layout: transposedInFile ? transposedLayout : plainLayout, isTrained }],
    changes: isIdle
      ? []
      : [
          {
            path,
            kind: "replacement",
            ...(tiedWith === undefined ? {} : { tiedWith }),
            read: () => parameter.read(),
            // A value of its own: the variable stays with its handle.
            fold: () => tf.tidy(() => tf.add(variable, 0)),
            replace: (value) => parameter.replace(value),
          },
        ],
    open: (adapterName) => (isIdle ? () => {} : parameter.override(adapterName, variable)),
    dispose: () => variable.dispose(),
  };
}

/**
 * Whether the stored weight of an adapted embedding is the base's own, as it nearly always is: then there is nothing to
 * override, and a batch may mix adapters by row.
 */
function isFrozenValue(parameter: ParameterRef, variable: tf.Variable): boolean {
  return tf.tidy(() => {
    const isSame = tf.all(tf.equal(variable, parameter.read()));
    try {
      return isSame.dataSync()[0] === 1;
    } catch {
      // Some backends read asynchronously only (webgpu): the override does no harm then.
      return false;
    }
  });
}
