// How well rewards tell good answers from bad ones.

/** One answer. */
export interface JudgedReward {
  readonly isGood: boolean;
  readonly reward: number;
}

/** What they are worth to each other. */
export interface JudgedScores {
  /** The share of pairs whose better answer is worth more; of single answers, of all pairs of a good and a bad one. */
  readonly rewardAccuracy: number;
  /** By how much, on average. */
  readonly rewardMargin: number;
}

/** Over every pair of a good and a bad answer, half a pair where both are worth the same; nothing where one kind is missing. */
export function scoresOfJudged(answers: readonly JudgedReward[]): Partial<JudgedScores> {
  const good = answers.filter(({ isGood }) => isGood).map(({ reward }) => reward);
  const bad = answers.filter(({ isGood }) => !isGood).map(({ reward }) => reward);
  if (good.length === 0 || bad.length === 0) return {};
  const sorted = Float64Array.from(bad).sort();
  const below = (reward: number, isBelow: (one: number) => boolean) => {
    let [from, to] = [0, sorted.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (isBelow(sorted[middle] ?? reward)) from = middle + 1;
      else to = middle;
    }
    return from;
  };
  const wins = good.reduce((sum, reward) => {
    const [less, notMore] = [below(reward, (one) => one < reward), below(reward, (one) => one <= reward)];
    return sum + (less + notMore) / 2;
  }, 0);
  return { rewardAccuracy: wins / (good.length * bad.length), rewardMargin: mean(good) - mean(bad) };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
