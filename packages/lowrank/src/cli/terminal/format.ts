// Numbers for people, in the same form in every command.

import { counted } from "../../counted.ts";
import { metricFacts, metricNames, type RowMetrics } from "../../metric-names.ts";

/** 1234567 → "1,234,567". */
export function formatCount(value: number): string {
  return value.toLocaleString("en-US");
}

/** 4194304 → "4.2 MB" (decimal units, as disks are sold and npm prints them). */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

/** 75.2 seconds → "1 min 15 s". */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "?";
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** "1 row", "2 rows". */
export function plural(count: number, noun: string): string {
  return counted(count, noun, formatCount(count));
}

/** A loss or a difference: four decimals, or scientific notation if these would all be 0. */
export function formatNumber(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  return size >= 0.001 && size < 100_000 ? value.toFixed(4) : value.toExponential(2);
}

export function describeMetrics(metrics: RowMetrics): readonly (readonly [label: string, text: string])[] {
  const isOfQuestions = metrics.exactMatch !== undefined; // SQuAD reports percent
  return metricNames.flatMap((name) => {
    const value = metrics[name];
    const isNegativeReward = name === "loss" && metrics.reward !== undefined;
    if (value === undefined || isNegativeReward) return [];
    const isSize = name === "loss" || name === "perplexity";
    const text = isSize ? formatNumber(value) : value.toFixed(isOfQuestions && name !== "accuracy" ? 2 : 4);
    return [[metricFacts[name].label, text] as const];
  });
}
