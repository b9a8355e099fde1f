// Finds the weight that causes a NaN or infinite output. Only done after such an output, because it reads all weights.

import { firstNonFinite } from "@lowrank/adapter-format/internal";
import { NonFiniteOutputError } from "@lowrank/models/internal";
import type { Tensor } from "@tensorflow/tfjs-core";
import { type BrokenWeight, NonFiniteModelError } from "../errors/run-errors.ts";
import type { OpenedBase } from "./open-base.ts";

/** Runs the work; if the model's output is not finite, throws NonFiniteModelError, which names the first such weight. */
export async function namingBrokenWeights<T>(
  opened: Pick<OpenedBase, "model" | "handle">,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof NonFiniteOutputError)) throw error;
    const weight = (await brokenBaseWeight(opened)) ?? (await brokenAdapterWeight(opened));
    throw new NonFiniteModelError(error, { weight });
  }
}

/** The first weight of the base that is not finite. */
export async function brokenBaseWeight({ model }: Pick<OpenedBase, "model">): Promise<BrokenWeight | undefined> {
  for (const parameter of model.parameters()) {
    if (parameter.tiedWith !== undefined) continue;
    const copy = parameter.read();
    const value = await nonFiniteIn(copy);
    copy.dispose();
    if (value !== undefined) return { of: "base", name: parameter.path, value };
  }
  return undefined;
}

/** The first trained or trainable tensor of the adapter that is not finite. */
export async function brokenAdapterWeight({
  handle,
}: {
  readonly handle: Pick<NonNullable<OpenedBase["handle"]>, "variables"> | undefined;
}): Promise<BrokenWeight | undefined> {
  for (const [name, variable] of handle?.variables ?? []) {
    const value = await nonFiniteIn(variable);
    if (value !== undefined) return { of: "adapter", name, value };
  }
  return undefined;
}

async function nonFiniteIn(tensor: Tensor): Promise<number | undefined> {
  const values = await tensor.data<"float32">();
  return values[firstNonFinite(values)];
}
