// The validation loss of the base, which no training changes: measured once for the same rows.

import type { ModelInHand } from "../workshop.ts";
import type { TeachingRows } from "./teaching-rows.ts";

const measured = new WeakMap<ModelInHand["opened"], Map<string, number>>();

export async function baseLoss(
  { opened }: Pick<ModelInHand, "opened">,
  { validation, how }: Pick<TeachingRows, "validation" | "how">,
  batchSize: number,
): Promise<number> {
  const known = measured.get(opened) ?? new Map<string, number>();
  measured.set(opened, known);
  const key = JSON.stringify([validation, how]);
  const loss = known.get(key) ?? (await opened.evaluate(validation, { ...how, batchSize, adapter: null })).loss;
  known.set(key, loss);
  return loss;
}
