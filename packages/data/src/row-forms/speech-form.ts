// {"input_features": [[…], …], "text": …}

import { describe, isTexts, type Refusal, type RowForm, readTexts } from "./row-form.ts";

/** A sound as features and what is said in it. */
export const speechForm: RowForm = {
  name: "input_features/text",
  source: "transformers' model inputs for Whisper",
  keys: ["input_features", "text"],
  read(fields) {
    const texts = readTexts(fields, ["text"]);
    if (!isTexts(texts)) return texts;
    const bins = readBins(fields.get("input_features"));
    if ("found" in bins) return bins;
    const start = fields.get("start");
    if (start !== undefined && typeof start !== "string") {
      return { expected: 'a text for "start", or none', found: describe(start) };
    }
    const frames = bins[0]?.length ?? 0;
    const features = new Float32Array(bins.length * frames);
    for (const [bin, values] of bins.entries()) features.set(values, bin * frames);
    const given = start === undefined ? {} : { start };
    return { kind: "speech", features, melBins: bins.length, text: texts[0] ?? "", ...given };
  },
};

/** [melBins][frames], rows of any kind of numbers. */
function readBins(value: unknown): readonly ArrayLike<number>[] | Refusal {
  const expected = 'rows of as many numbers for "input_features", one row for each mel bin';
  const isBin = (bin: unknown): bin is ArrayLike<number> =>
    (Array.isArray(bin) || bin instanceof Float32Array) && bin.length > 0 && bin.every(Number.isFinite);
  if (!Array.isArray(value) || value.length === 0 || !value.every(isBin)) return { expected, found: describe(value) };
  const lengths = new Set(value.map(({ length }) => length));
  return lengths.size === 1 ? value : { expected, found: `rows of ${[...lengths].join(" and ")} numbers` };
}
