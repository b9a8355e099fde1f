// Full fine-tuning through the hook points of all parameters: each is overridden by a variable.

import type { PretrainedModel } from "@lowrank/models";
import * as tf from "@tensorflow/tfjs-core";

export interface Opened {
  /** Select this name to compute with the variables. */
  readonly name: string;
  readonly variables: ReadonlyMap<string, tf.Variable>;
}

/** One variable for each parameter; a tied one follows the parameter whose values it shares. */
export function openEverything(model: PretrainedModel): Opened {
  const name = "everything";
  const variables = new Map<string, tf.Variable>();
  for (const parameter of model.parameters()) {
    const shared = parameter.tiedWith === undefined ? undefined : variables.get(parameter.tiedWith);
    if (shared !== undefined) {
      // An embedding is [rows, width], the head that shares it [width, rows].
      parameter.override(name, () => tf.transpose(shared));
      continue;
    }
    const value = parameter.read();
    const variable = tf.variable(value);
    value.dispose();
    variables.set(parameter.path, variable);
    parameter.override(name, variable);
  }
  return { name, variables };
}
