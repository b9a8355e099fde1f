import { describe, expect, it } from "vitest";
import { readJsonl } from "../reading/read-jsonl.ts";
import { speechForm } from "./media-forms.ts";

const read = (row: Record<string, unknown>) => speechForm.read(new Map(Object.entries({ text: "hi", ...row })));

describe("a row of speech", () => {
  it("has features bin by bin, a text, and optionally the beginning of the text", () => {
    const [row] = readJsonl('{"input_features": [[1, 2, 3], [4, 5, 6]], "text": "hi", "start": "<s>"}\n');
    const features = Float32Array.of(1, 2, 3, 4, 5, 6);
    expect(row).toEqual({ kind: "speech", features, melBins: 2, text: "hi", start: "<s>" });
    expect(read({ input_features: [Float32Array.of(1, 2)] })).toMatchObject({ features: Float32Array.of(1, 2) });
  });

  it.each([
    ["no rows", []],
    ["numbers without rows", [1, 2]],
    ["rows of several lengths", [[1], [2, 3]]],
    ["what is no number", [[1, Number.NaN]]],
  ])("is refused with %s", (_, input_features) => {
    expect(read({ input_features })).toMatchObject({ expected: expect.stringContaining('"input_features"') });
  });

  it("is refused with a start that is not a text", () => {
    expect(read({ input_features: [[1]], start: 3 })).toMatchObject({ expected: expect.stringContaining('"start"') });
  });
});
