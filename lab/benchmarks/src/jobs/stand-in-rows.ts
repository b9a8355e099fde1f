// Made-up rows with the lengths of a data set that may not be shipped: time depends on lengths, not on content.

/** A line of a job's file. */
export type Row = Readonly<Record<string, unknown>>;

/** Data sets that are not in this repository. */
export type StandInName = "sst2" | "alpaca" | "squad";

/** Words of a field, unless noted, at every tenth of the rows, shortest first. */
export const lengths = {
  /** Tokens of a sentence by MiniLM's tokenizer, with special tokens. */
  tokens: [3, 10, 13, 17, 19, 22, 25, 29, 33, 38, 67],
  sentence: [1, 7, 10, 13, 15, 18, 20, 23, 27, 31, 51],
  instruction: [24, 29, 31, 34, 38, 42, 47, 56, 68, 95, 400],
  output: [1, 1, 5, 8, 14, 20, 30, 49, 70, 93, 300],
  question: [3, 6, 7, 8, 9, 10, 11, 12, 13, 15, 29],
  context: [25, 75, 86, 95, 103, 111, 127, 139, 160, 191, 509],
} as const;

/** Words that every tokenizer knows whole. */
const words = "the a and of to in it is that this film movie story with for as but on its you more than by an be".split(
  " ",
);
const verdicts = ["bad", "good"] as const;

const makers: Readonly<Record<StandInName, (row: number) => Row>> = {
  sst2: (row) => ({ sentence: `${text("sentence", row)} ${verdicts[row % 2]}`, label: row % 2 }),
  alpaca: (row) => ({ prompt: `${text("instruction", row)}:`, completion: text("output", row) }),
  squad: (row) => {
    const context = text("context", row);
    const start = context.lastIndexOf(" ") + 1;
    const answers = { text: [context.slice(start)], answer_start: [start] };
    return { question: `${text("question", row)}?`, context, answers };
  },
};

/** The given number of rows, always the same ones. A sentence's class is its last word, an answer the last word of its text. */
export function standInRows(data: StandInName, count: number): readonly Row[] {
  return Array.from({ length: count }, (_, row) => makers[data](row));
}

/** Token counts of sentences of SST-2, scaled so that their mean is exactly `mean`: the first ones have one more or less. */
export function sentenceLengths(count: number, mean: number): readonly number[] {
  const known = Array.from({ length: count }, (_, row) => lengthAt(lengths.tokens, spread(row)));
  const scaled = known.map((length) => Math.max(2, Math.round((length * mean * count) / sum(known))));
  const missing = mean * count - sum(scaled);
  return scaled.map((length, row) => (row < Math.abs(missing) ? length + Math.sign(missing) : length));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function text(field: keyof typeof lengths, row: number): string {
  const length = lengthAt(lengths[field], spread(row));
  return Array.from({ length }, (_, position) => words[(7 * row + 3 * position) % words.length]).join(" ");
}

/** Evenly spaced numbers between 0 and 1, for any count. */
function spread(index: number): number {
  return (index * 0.618033988749895) % 1;
}

/** Between two tenths as on a straight line. */
export function lengthAt(tenths: readonly number[], share: number): number {
  const position = share * (tenths.length - 1);
  const below = tenths[Math.floor(position)] ?? 0;
  const above = tenths[Math.ceil(position)] ?? below;
  return Math.round(below + (above - below) * (position % 1));
}
