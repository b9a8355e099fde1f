// An adapter from inside.

const percent = (share: number) =>
  share === 0
    ? "0\u00a0%"
    : `${(100 * share).toFixed(share < 0.001 ? 3 : share < 0.01 ? 2 : share < 0.1 ? 1 : 0)}\u00a0%`;

export const look = {
  title: "5 · Look inside",
  lead: "Where the model changed, and in how few directions: section 7 of the LoRA paper, for what you taught.",
  nothing: "Teach something, or pick an adapter: then there is something to see.",
  show: "Show what changed",
  looking: "Looking…",
  heatMap: "How much each layer changed, as a share of its weights",
  block: (block: number | undefined) => (block === undefined ? "outside the blocks" : `block ${block}`),
  blocks: "Block",
  outside: "–",
  percent,
  cell: (target: string, block: string, value: string) => `${target}, ${block}: ${value}`,
  legend: (least: string, most: string) => `from ${least} (faint) to ${most} (strong)`,
  keys: "Arrow keys move from layer to layer, Enter shows its directions.",
  without: (count: number) => `${count} layers are not shown: what the adapter does there is not a change of weights.`,
  directions: (target: string, block: string) => `Directions of ${target}, ${block}`,
  mattering: (rank: number, mattering: number) =>
    mattering === 0
      ? `Rank ${rank}, and nothing was learnt here.`
      : `Rank ${rank}, of which ${mattering} ${mattering === 1 ? "matters" : "matter"}: ${mattering === 1 ? "one direction holds" : `${mattering} directions hold`} nine tenths of the change.`,
  bars: (values: readonly string[]) => `Singular values, largest first: ${values.join(", ")}.`,
  compare: "Compare with",
  nobody: "another adapter…",
  alike: (first: string, second: string, reads: string, writes: string) =>
    `“${first}” and “${second}” look at ${reads} of the same directions and write into ${writes} of the same.`,
  alikeSays:
    "Chance alone gives a few per cent, and 100\u00a0% is the same. Adapters that started from the same seed look in the same directions, because what they look at hardly moves; where they write is what was learnt.",
  alikeMap: "How many directions both write into, by layer",
  nothingShared: "These two change no layer in common.",
};
