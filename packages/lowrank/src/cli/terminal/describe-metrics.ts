// What was measured, as people read it.

import { metricFacts, metricNames, type RowMetrics } from "../../metric-names.ts";
import { formatNumber } from "./format.ts";

/** Labels and texts, in the order of the table of metrics. */
export function describeMetrics(metrics: RowMetrics): readonly (readonly [label: string, text: string])[] {
  const isOfQuestions = metrics.exactMatch !== undefined; // whose numbers SQuAD gives in percent
  return metricNames.flatMap((name) => {
    const value = metrics[name];
    if (value === undefined) return [];
    const isSize = name === "loss" || name === "perplexity";
    const text = isSize ? formatNumber(value) : value.toFixed(isOfQuestions && name !== "accuracy" ? 2 : 4);
    return [[metricFacts[name].label, text] as const];
  });
}
