// A curve in one line of text.

/** "▁▃▅█": each number as a bar, between the smallest and the largest. */
export function sparkLine(values: readonly number[]): string {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const heightOf = (value: number) => Math.round((7 * (value - low)) / (high - low || 1));
  return values.map((value) => "▁▂▃▄▅▆▇█"[heightOf(value)]).join("");
}
