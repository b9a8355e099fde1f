import { describe, expect, it } from "vitest";
import { readJobLines } from "./job-lines.ts";

function line(seconds: number, message: object) {
  return { seconds, text: JSON.stringify(message) };
}

const lines = [
  line(1, { type: "imported" }),
  line(3, { type: "start", steps: 2 }),
  line(4, { type: "evaluation", metrics: { loss: 2 } }),
  line(6, { type: "step", step: 1 }),
  line(8, { type: "step", step: 2 }),
  line(9.5, { type: "evaluation", metrics: { loss: 1, accuracy: 0.75 } }),
  line(10, { type: "result" }),
  line(11, { type: "something later" }),
];

describe("the lines of a job", () => {
  it("give each second to the part that the next line ends", () => {
    expect(readJobLines(lines).phases).toEqual({
      "libraries and engine": 1,
      "weights and tokens": 2,
      validation: 2.5,
      steps: 4,
      saving: 0.5,
    });
  });

  it("stop the clock when the adapter is saved, and report the last validation", () => {
    expect(readJobLines(lines)).toMatchObject({ seconds: 10, loss: 1, accuracy: 0.75 });
  });

  it("of a run that was cut off are no result", () => {
    expect(() => readJobLines(lines.slice(0, 5))).toThrow("saved its adapter");
    expect(() => readJobLines([line(1, { type: "result" })])).toThrow("without a validation");
  });
});
