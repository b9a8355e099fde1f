import { LowrankError } from "@lowrank/contracts";
import { describe, expect, it } from "vitest";
import { type InputLimits, parseInputs } from "./parse-inputs.ts";

const causal: InputLimits = { vocabSize: 100, labels: { kind: "position", count: 100 } };
const classifier: InputLimits = { vocabSize: 100, tokenTypes: 2, labels: { kind: "row", count: 3 } };

function faultsOf(inputs: unknown, limits: InputLimits = causal): readonly string[] {
  try {
    parseInputs("inputs.json", typeof inputs === "string" ? inputs : JSON.stringify(inputs), limits);
  } catch (error) {
    if (error instanceof LowrankError && "faults" in error && Array.isArray(error.faults)) return error.faults;
    throw error;
  }
  return [];
}

describe("parseInputs", () => {
  it("reads matrices row by row", () => {
    const inputs = parseInputs("f", '{"input_ids": [[1, 2], [3, 4]], "labels": [[-100, 2], [3, 4]]}', causal);
    expect(inputs.inputIds).toEqual({ rows: 2, columns: 2, values: Int32Array.of(1, 2, 3, 4) });
    expect(inputs.labels?.values).toEqual(Int32Array.of(-100, 2, 3, 4));
  });

  it("accepts one label for each row of a classifier", () => {
    const inputs = parseInputs(
      "f",
      '{"input_ids": [[1], [2]], "labels": [2, 0], "token_type_ids": [[0], [1]]}',
      classifier,
    );
    expect(inputs.labels).toEqual({ rows: 2, columns: 1, values: Int32Array.of(2, 0) });
  });

  it.each([
    ["not JSON", "{", "it is not JSON"],
    ["not an object", "[]", "expected a JSON object"],
    ["no input_ids", {}, '"input_ids" is missing'],
    ["a vector", { input_ids: [1, 2] }, "expected a matrix"],
    ["no rows", { input_ids: [] }, "at least one row"],
    ["ragged rows", { input_ids: [[1, 2], [3]] }, "row 1 has 1 numbers, row 0 has 2; pad the shorter rows"],
    ["a fraction", { input_ids: [[1, 2.5]] }, "row 0, column 1 is 2.5; expected a whole number from 0 to 99"],
    ["a token outside the vocabulary", { input_ids: [[100]] }, "from 0 to 99"],
    ["text", { input_ids: [["1"]] }, 'is "1"'],
    ["another shape of mask", { input_ids: [[1, 2]], attention_mask: [[1]] }, "is [1, 1]; expected [1, 2]"],
    ["a mask of 2", { input_ids: [[1]], attention_mask: [[2]] }, "from 0 to 1"],
    ["a misspelt key", { input_ids: [[1]], atention_mask: [[1]] }, '"atention_mask" is unknown'],
    ["a key of another model", { input_ids: [[1]], pixel_values: [] }, "is for image models"],
    ["token types that the model lacks", { input_ids: [[1]], token_type_ids: [[0]] }, "not taken by this model"],
    ["a label outside the vocabulary", { input_ids: [[1]], labels: [[-1]] }, "from 0 to 99 or -100"],
  ])("refuses %s", (_, inputs, message) => {
    expect(faultsOf(inputs).join("\n")).toContain(message);
  });

  it("accepts decoder inputs, or labels from which to make them, of another length", () => {
    const limits: InputLimits = { vocabSize: 100, hasDecoder: true, labels: { kind: "target", count: 100 } };
    const inputs = parseInputs("f", '{"input_ids": [[1, 2]], "decoder_input_ids": [[0, 3, 4]]}', limits);
    expect(inputs.decoderInputIds?.values).toEqual(Int32Array.of(0, 3, 4));
    expect(parseInputs("f", '{"input_ids": [[1, 2]], "labels": [[3, -100, 5]]}', limits).labels?.columns).toBe(3);
    expect(faultsOf({ input_ids: [[1, 2]] }, limits)[0]).toContain('"decoder_input_ids" is missing');
  });

  it("accepts the choices of each question, and a label for each", () => {
    const limits: InputLimits = { vocabSize: 100, isMultipleChoice: true, labels: { kind: "row", count: 3 } };
    const ids = [
      [
        [1, 2],
        [1, 3],
        [1, 4],
      ],
      [
        [5, 6],
        [5, 7],
        [5, 8],
      ],
    ];
    const inputs = parseInputs("f", JSON.stringify({ input_ids: ids, labels: [2, 0] }), limits);
    expect(inputs.inputIds).toEqual({ rows: 6, columns: 2, values: Int32Array.of(1, 2, 1, 3, 1, 4, 5, 6, 5, 7, 5, 8) });
    expect([inputs.choices, inputs.labels?.rows]).toEqual([3, 2]);
    expect(faultsOf({ input_ids: [[1, 2]] }, limits)).toEqual([expect.stringContaining("[batch, choices, time]")]);
    expect(faultsOf({ input_ids: [[[1], [2]], [[3]]] }, limits)[0]).toContain("2 and 1");
    expect(faultsOf({ input_ids: ids, labels: [0, 1, 2] }, limits)[0]).toContain("is [3, 1]; expected [2, 1]");
    expect(faultsOf({ input_ids: ids, attention_mask: [[[1, 1]]] }, limits).length).toBeGreaterThan(0);
  });

  it("accepts images that are wider than high", () => {
    const limits: InputLimits = {
      vocabSize: 0,
      image: { channels: 1, height: 1, width: 3 },
      labels: { kind: "row", count: 3 },
    };
    const inputs = parseInputs("f", JSON.stringify({ pixel_values: [[[[1, 2, 3]]]] }), limits);
    expect(inputs.pixelValues?.shape).toEqual([1, 1, 1, 3]);
  });

  it("accepts images if a model reads images", () => {
    const limits: InputLimits = {
      vocabSize: 0,
      image: { channels: 1, height: 2, width: 2 },
      labels: { kind: "row", count: 3 },
    };
    const image = [
      [
        [0, 0.5],
        [1, -1],
      ],
    ];
    const inputs = parseInputs("f", JSON.stringify({ pixel_values: [image], labels: [2] }), limits);
    expect(inputs.pixelValues).toEqual({ shape: [1, 1, 2, 2], values: Float32Array.of(0, 0.5, 1, -1) });
    expect(faultsOf({ pixel_values: [[[[0, 1]]]] }, limits)[0]).toContain("expected [batch, 1, 2, 2]");
    expect(faultsOf({ input_ids: [[1]] }, limits).join()).toContain('"pixel_values" is missing');
    expect(
      faultsOf(
        {
          pixel_values: [
            [
              [
                [0, "1"],
                [1, 1],
              ],
            ],
          ],
        },
        limits,
      )[0],
    ).toContain("no finite number");
  });

  it("names every fault at once", () => {
    expect(faultsOf({ input_ids: [[1, 2]], attention_mask: [[1]], labels: [[500, 1]], extra: 1 })).toHaveLength(3);
  });

  it("refuses labels if no loss is defined", () => {
    expect(faultsOf({ input_ids: [[1]], labels: [[1]] }, { ...causal, labels: { kind: "none" } })[0]).toContain(
      "no head",
    );
  });
});
