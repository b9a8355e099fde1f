// KaSA's regularizers: "kasa.loss" is what PEFT's `_get_kasa_loss` gives, "kasa.grad.<name>" its gradient, and such a fixture
// trained with both.

import * as tf from "@tensorflow/tfjs-core";
import { comparedByKey } from "../fixture/fixture-entries.ts";
import { type ParityCase, valuesInFile } from "../fixture/parity-case.ts";
import { compare, type ParityCheck, worst } from "../fixture/parity-check.ts";

type KasaCase = Pick<ParityCase, "fixture" | "handle">;

/** What a fixture's training added to the task's loss. Call it inside a tidy. */
export function regularizerOf({ fixture, handle }: KasaCase): () => tf.Scalar {
  return () => (fixture.tensors.has("kasa.loss") ? handle.penalty()! : tf.scalar(0));
}

/** The regularizers and their gradients; nothing for other fixtures. */
export async function kasaChecks({ fixture, handle }: KasaCase): Promise<readonly ParityCheck[]> {
  if (!fixture.tensors.has("kasa.loss")) return [];
  const { value, grads } = tf.variableGrads(() => handle.penalty()!, [...handle.variables.values()]);
  const numbers = { actual: await value.data(), expected: fixture.tensor("kasa.loss").values };
  const gradients: ParityCheck[] = [];
  for (const [key, { values }] of comparedByKey(fixture, "kasa.grad.")) {
    const variable = handle.variables.get(key);
    const actual = variable ? await valuesInFile(handle, key, grads[variable.name]!) : [];
    gradients.push(compare("kasa gradients", { actual, expected: values }, { tolerance: 1e-4, isRelative: true }));
  }
  tf.dispose([value, grads]);
  return [compare("kasa loss", numbers, { tolerance: 1e-5 }), worst(gradients)];
}
