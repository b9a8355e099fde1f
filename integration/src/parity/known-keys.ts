// Which keys of expected.json describe a case and which are results. Results must be compared with something; the README
// of fixtures/peft lists what only describes.

/** What the case is, how it was made, and what PEFT found when it checked itself. */
const descriptive: ReadonlySet<string> = new Set([
  "name",
  "description",
  "family",
  "seed",
  "versions",
  "tensors",
  "inputs",
  "rounding", // PEFT's own, between float32 and float64
  "all_params", // the base's and the adapter's, counted as PEFT wraps them
  "mask_order",
]);

/** PEFT compared with itself: reloaded, merged, beside its own base, beside the exact sum. */
const selfCheck = /^(check|max_abs|rel)_/;

const trainingKeys: ReadonlySet<string> = new Set([
  ...["lr", "betas", "eps", "weight_decay", "steps", "clip", "schedule", "warmup", "accumulate", "optimizer"],
  ...["losses", "lrs", "grad_norms_before_clip", "batch_order"],
]);

const combinationKeys: ReadonlySet<string> = new Set([
  ...["adapters", "weights", "combination_type", "svd_rank", "svd_clamp", "density", "majority_sign_method"],
  ...["result_rank", "result_alpha", "n_masks"],
]);

/**
 * The keys of expected.json that nothing was compared with although they may be results or settings: those that `isUnread`
 * and neither describe the case nor hold plain text; and those of `train` and `combos` that are not known.
 */
export function unknownKeys(
  expected: Readonly<Record<string, unknown>>,
  isUnread: (key: string) => boolean,
): readonly string[] {
  const isText = (key: string) => typeof expected[key] === "string";
  const own = Object.keys(expected).filter((key) => {
    return isUnread(key) && !descriptive.has(key) && !selfCheck.test(key) && !isText(key);
  });
  const combinations = Object.entries(recordIn(expected.combos)).flatMap(([name, combination]) => {
    return keysBeside(combination, combinationKeys).map((key) => `combos.${name}.${key}`);
  });
  return [...own, ...keysBeside(expected.train, trainingKeys).map((key) => `train.${key}`), ...combinations];
}

function keysBeside(value: unknown, known: ReadonlySet<string>): readonly string[] {
  return Object.keys(recordIn(value)).filter((key) => !known.has(key) && !selfCheck.test(key));
}

function recordIn(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
