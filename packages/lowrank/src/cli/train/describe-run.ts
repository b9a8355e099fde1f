// What a finished training tells a person in numbers and texts: how it began and how it ended.

import { escapeName } from "@lowrank/contracts";
import type { BestEvaluation } from "@lowrank/trainer";
import { lossTrend } from "../../findings/loss-trend.ts";
import { metricFacts } from "../../metric-names.ts";
import type { SampleText } from "../../report/report-page.ts";
import { describeMetrics } from "../terminal/describe-metrics.ts";
import { formatNumber } from "../terminal/format.ts";
import type { LoopResult } from "./train-adapter.ts";

/** What is known at the end. */
export interface RunSummary extends Pick<LoopResult, "losses" | "validation"> {
  readonly best: BestEvaluation | undefined;
  /** By what validations are judged. */
  readonly bestBy: keyof typeof metricFacts;
  /** Whether the first losses were lost with an earlier process. */
  readonly isResumed: boolean;
  readonly samples: readonly SampleText[];
}

/** Lines; none for a run without a step. */
export function describeRun({ losses, validation, samples, ...run }: RunSummary): readonly string[] {
  const trend = lossTrend(losses);
  const [first, last] = [validation[0], validation.at(-1)];
  const { best, bestBy, isResumed } = run;
  const isBestEarlier = best !== undefined && best.step !== last?.step;
  const before = new Map(first === undefined || first === last ? [] : describeMetrics(first));
  const measured = (last === undefined ? [] : describeMetrics(last)).map(([label, after]) => {
    const isJudged = isBestEarlier && label === metricFacts[bestBy].label;
    const note = isJudged ? ` (best: ${formatNumber(best.value)} after step ${best.step})` : "";
    return fact(`validation ${label}`, `${before.get(label) ?? "–"} → ${after}${note}`);
  });
  if (trend === undefined) return measured;
  const steps = trend.steps === 1 ? "one step" : `${trend.steps} steps`;
  const start = isResumed ? "" : `${formatNumber(trend.start)} → `;
  return [
    fact("loss", `${start}${formatNumber(trend.end)} (means of ${steps})`),
    ...(last === undefined
      ? [fact("validation", "none: --validation-share 0.1 holds rows out to measure it")]
      : measured),
    ...samples.flatMap(({ prompt, expected, before, after }) => [
      fact("prompt", printed(prompt, -longestText)),
      fact("  in the data", printed(expected)),
      fact("  the base writes", printed(before)),
      fact("  the adapter writes", printed(after)),
    ]),
  ];
}

const longestText = 160;

function fact(label: string, value: string): string {
  return `${label.padEnd(22)} ${value}`;
}

/** On one line; of a prompt the end. */
function printed(text: string, most = longestText): string {
  const line = text.trim();
  if (line.length <= longestText) return escapeName(line);
  return escapeName(most < 0 ? `…${line.slice(most)}` : `${line.slice(0, most)}…`);
}
