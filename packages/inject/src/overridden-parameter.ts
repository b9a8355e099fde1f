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
  /** False for the frozen weight of an adapted embedding that PEFT stores with it. */
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
  return {
    parameter,
    variable,
    key,
    isTrained,
    tensors: [{ key, variable, layout: transposedInFile ? transposedLayout : plainLayout, isTrained }],
    changes: [
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
    open: (adapterName) => parameter.override(adapterName, variable),
    dispose: () => variable.dispose(),
  };
}
