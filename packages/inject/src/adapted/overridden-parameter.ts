// A base weight that an adapter replaces completely.

import type { ForwardContext } from "@lowrank/contracts";
import type { ParameterRef } from "@lowrank/contracts/internal";
import { plainLayout, readStored, transposedLayout } from "@lowrank/math/internal";
import * as tf from "@tensorflow/tfjs-core";
import type { PlannedParameter } from "../planned/planned-parts.ts";
import type { AdapterPart, WeightChange } from "./adapter-part.ts";
import { attachAll, type CheckedAdapter } from "./attach-all.ts";
import { haveSameValues } from "./same-values.ts";

/** A weight of the model that an adapter replaces by a variable. */
export interface OverriddenParameter extends AdapterPart {
  readonly part: "whole-parameter";
  readonly parameter: ParameterRef;
  /** In the layout of memory: the parameter's shape. */
  readonly variable: tf.Variable;
  /** Name in an adapter file, without "base_model.model.". */
  readonly key: string;
  /** False for the frozen weight of an adapted embedding, which PEFT stores. It is used only if it differs from the base. */
  readonly isTrained: boolean;
}

/** The parameter, and others that share its values; some of these have their own names in files. */
export interface OverriddenTogether {
  readonly parameter: ParameterRef;
  readonly tiedParameters: readonly { readonly parameter: ParameterRef; readonly key?: string }[];
}

export function overrideParameter(
  { key, copyKeys = [], reason }: PlannedParameter,
  { parameter, tiedParameters }: OverriddenTogether,
  variable: tf.Variable,
): OverriddenParameter {
  const isTrained = reason !== "base-layer";
  const isIdle = !isTrained && isFrozenValue(parameter, variable);
  const all = [parameter, ...tiedParameters.map((other) => other.parameter)];
  const layout = parameter.transposedInFile ? transposedLayout : plainLayout;
  const otherKeys = [...tiedParameters.flatMap((other) => other.key ?? []), ...copyKeys];
  return {
    part: "whole-parameter",
    parameter,
    variable,
    key,
    isTrained,
    actsFirst: true,
    tensors: [
      { key, variable, layout, isTrained, isOfBase: !isTrained },
      ...otherKeys.map((other) => ({ key: other, variable, layout, isTrained: false, isOfBase: !isTrained })),
    ],
    changes: isIdle
      ? []
      : all.map((tied) => ({
          ...replacement(tied, parameter, variable, tiedParameters.length === 0),
          replacement: { rows: "all", variable, isTrained },
        })),
    attach: (adapter) => {
      if (isIdle) return () => {};
      return attachAll(
        adapter,
        all.map((tied) => ({
          attach: ({ name }) =>
            tied.override(name, checkedValue(adapter, tied.path, valueFor(tied, parameter, variable)), [variable]),
        })),
      );
    },
    dispose: () => variable.dispose(),
  };
}

/** An embedding has [rows, width], a head [width, rows]; files have the same layout for both. */
function valueFor(ref: ParameterRef, lead: ParameterRef, variable: tf.Variable): () => tf.Tensor {
  return ref.transposedInFile === lead.transposedInFile ? () => variable : () => tf.transpose(variable);
}

function checkedValue({ checkCall }: CheckedAdapter, path: string, value: () => tf.Tensor) {
  return (_value: tf.Tensor, _weight: number, context: ForwardContext): tf.Tensor => {
    checkCall(context, path);
    return value();
  };
}

function replacement(ref: ParameterRef, lead: ParameterRef, variable: tf.Variable, isAlone: boolean): WeightChange {
  const { path, tiedWith } = ref;
  return {
    path,
    kind: "replacement",
    ...(tiedWith === undefined || !isAlone ? {} : { tiedWith }),
    read: () => ref.read(),
    // A copy, because the handle owns the variable.
    fold: () =>
      tf.tidy(() => (ref.transposedInFile === lead.transposedInFile ? tf.add(variable, 0) : tf.transpose(variable))),
    inRows: async () => {
      const layout = lead.transposedInFile ? transposedLayout : plainLayout;
      return { kind: "whole", values: (await readStored(variable, layout)).values };
    },
    replace: (value) => ref.replace(value),
  };
}

/**
 * Whether the stored weight of an adapted embedding equals the base's, which is usual. Then nothing is overridden, and a batch
 * may mix adapters by row.
 */
function isFrozenValue(parameter: ParameterRef, variable: tf.Variable): boolean {
  // If this is unknown, overriding does no harm.
  return tf.tidy(() => haveSameValues(variable, parameter.read()) === true);
}
