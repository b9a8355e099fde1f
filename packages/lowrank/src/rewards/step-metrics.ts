// The metrics of a step that learns from rewards: their names for readers.

/** By name in a step event; a part of the reward is called "reward/<name>". */
export const stepMetricLabels: ReadonlyMap<string, string> = new Map([
  ["reward", "Reward"],
  ["rewardStd", "Standard deviation of the rewards"],
  ["kl", "KL divergence from the base"],
  ["completionLength", "Tokens of a completion"],
  ["truncatedShare", "Share of truncated completions"],
  ["equalGroups", "Prompts whose rewards are all equal"],
]);

type StepMetrics = Readonly<Record<string, number>>;

/** "reward 0.42 ± 0.21 (json 0.80, short 0.10)  length 34  truncated 3 %  KL 0.01". */
export function describeStepMetrics(metrics: StepMetrics): string {
  const { reward, rewardStd, completionLength, truncatedShare = 0, kl, equalGroups = 0 } = metrics;
  const named = Object.entries(metrics).filter(([name]) => name.startsWith("reward/"));
  const parts = named.map(([name, value]) => `${name.slice("reward/".length)} ${value.toFixed(2)}`);
  return [
    ...(reward === undefined ? [] : [`reward ${reward.toFixed(2)}${after(" ± ", rewardStd?.toFixed(2))}`]),
    ...(parts.length === 0 ? [] : [`(${parts.join(", ")})`]),
    ...(completionLength === undefined ? [] : [` length ${completionLength.toFixed(0)}`]),
    ...(truncatedShare > 0 ? [` truncated ${(100 * truncatedShare).toFixed(0)} %`] : []),
    ...(kl === undefined ? [] : [` KL ${kl.toFixed(3)}`]),
    ...(equalGroups > 0 ? [` equal groups ${equalGroups}`] : []),
  ].join(" ");
}

function after(sign: string, value: string | undefined): string {
  return value === undefined ? "" : `${sign}${value}`;
}
