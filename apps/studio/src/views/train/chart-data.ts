// Curves as the columns that the chart draws: one of steps, and one for each line.

import { type Curve, type Point, smoothed } from "../../state/curve.ts";

export interface ChartLines {
  readonly training: Curve;
  /** The newest first. */
  readonly earlier: readonly Curve[];
  readonly steps: number;
}

/** [steps, raw, smoothed, validation, base, earlier…]; undefined: nothing was measured at that step. */
export type ChartColumns = [number[], ...(number | undefined)[][]];

/** How many earlier runs have a line, drawn or not: a chart's lines cannot be added to. */
export const earlierLines = 4;

export function chartColumns({ training: curve, earlier, steps }: ChartLines): ChartColumns {
  const { training, validation } = curve;
  const base = validation.find(([step]) => step === 0);
  const baseLine: readonly Point[] = base === undefined ? [] : [base, [steps, base[1]]];
  const before = Array.from({ length: earlierLines }, (_, index) => smoothed(earlier[index]?.training ?? []));
  const lines = [training, smoothed(training), validation, baseLine, ...before];
  const xs = [...new Set(lines.flatMap((points) => points.map(([step]) => step)))].sort((a, b) => a - b);
  const columns = lines.map((points) => {
    const known = new Map(points);
    return xs.map((step) => known.get(step));
  });
  return [xs, ...columns];
}

/** The lowest and the highest loss that is drawn, with some air. */
export function lossRange([, ...columns]: ChartColumns, isLog: boolean): [number, number] {
  const losses = columns.flat().filter((loss): loss is number => loss !== undefined && Number.isFinite(loss));
  if (losses.length === 0) return [0, 1];
  const [low, high] = [Math.min(...losses), Math.max(...losses)];
  if (isLog) return [Math.max(1e-4, low) / 1.2, Math.max(1e-3, high) * 1.2];
  return [Math.min(0, low), high * 1.05 || 1];
}
