// The metrics of a step that learns from rewards, for people.

/** "reward 0.42 ± 0.21 (json 0.80, short 0.10)  length 34  truncated 3 %  KL 0.010"; shares and counts only above 0. */
export function describeStepMetrics(metrics: Readonly<Record<string, number>>): string {
  const { reward = 0, rewardStd = 0, completionLength, truncatedShare = 0, kl, equalGroups = 0 } = metrics;
  const parts = Object.entries(metrics).flatMap(([name, value]) => {
    const [, part] = /^reward\/(.*)$/s.exec(name) ?? [];
    return part === undefined ? [] : [`${part} ${value.toFixed(2)}`];
  });
  return [
    `reward ${reward.toFixed(2)} ± ${rewardStd.toFixed(2)}${parts.length === 0 ? "" : ` (${parts.join(", ")})`}`,
    ...(completionLength === undefined ? [] : [`length ${completionLength.toFixed(0)}`]),
    ...(truncatedShare > 0 ? [`truncated ${(100 * truncatedShare).toFixed(0)} %`] : []),
    ...(kl === undefined ? [] : [`KL ${kl.toFixed(3)}`]),
    ...(equalGroups > 0 ? [`equal groups ${equalGroups}`] : []),
  ].join("  ");
}
