/** Precisions in which the base's numbers, or what is computed with them, may be others than in its files. */
const rounded: readonly (string | undefined)[] = ["nf4", "bf16", "int8"];

export function isRounded(basePrecision: string | undefined): boolean {
  return rounded.includes(basePrecision);
}
