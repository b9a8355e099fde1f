// A run's losses, or rewards, as the chart draws them.

import type { TrainingProgress } from "../protocol/run.ts";

/** A step and a loss. */
export type Point = readonly [step: number, loss: number];

export interface Curve {
  readonly training: readonly Point[];
  /** The base's is that of step 0. */
  readonly validation: readonly Point[];
}

export const noCurve: Curve = { training: [], validation: [] };

/** The curve with new events. After a run went back, its later points are removed. */
export function extended(curve: Curve, progress: readonly TrainingProgress[]): Curve {
  const training = [...curve.training];
  const validation = [...curve.validation];
  for (const each of progress) {
    if (each.type === "step") put(training, [each.step, each.reward ?? each.loss]);
    if (each.type === "validated") put(validation, [each.step, each.loss]);
  }
  return { training, validation };
}

function put(points: Point[], point: Point): void {
  while ((points.at(-1)?.[0] ?? -1) >= point[0]) points.pop();
  points.push(point);
}

/** The smoothed loss: a moving average, bias-corrected like Adam's moments. */
export function smoothed(points: readonly Point[], weight = 0.75): readonly Point[] {
  let sum = 0;
  return points.map(([step, loss], index) => {
    sum = weight * sum + (1 - weight) * loss;
    return [step, sum / (1 - weight ** (index + 1))];
  });
}

/** For spreadsheets: a line a step, the validation's column empty where nothing was measured. */
export function curveAsCsv({ training, validation }: Curve): string {
  const measured = new Map(validation);
  const losses = new Map(training);
  const steps = [...new Set([...losses.keys(), ...measured.keys()])].sort((a, b) => a - b);
  const lines = steps.map((step) => `${step},${losses.get(step) ?? ""},${measured.get(step) ?? ""}`);
  return ["step,training_loss,validation_loss", ...lines, ""].join("\n");
}
