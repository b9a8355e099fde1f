import { describe, expect, it } from "vitest";
import { rowFindingCodes, rowFindings } from "./row-findings.ts";

const rowsOf = (...counts: readonly number[]) =>
  counts.flatMap((count, label) =>
    Array.from({ length: count }, (_, row) => ({ kind: "classified", inputIds: [label, row], label }) as const),
  );
const plan = { stepsPerEpoch: 20, totalSteps: 60, warmupSteps: 2 };
const few = { stepsPerEpoch: 3, totalSteps: 60, warmupSteps: 2 };
const one = { kind: "sequence", inputIds: [1, 2], labels: [1, 2] } as const;
const run = { file: "rows.csv", plan, classNames: ["bad", "good"] };
const rows = { train: rowsOf(60, 40), validation: rowsOf(5, 5) };

describe("before the first step a run", () => {
  it.each([
    ["of balanced classes with rows held out", run, rows],
    ["of 12 rows for 20 epochs", { ...run, plan: few }, { train: rowsOf(6, 6), validation: [] }],
    ["of one epoch", { ...run, plan: { ...plan, stepsPerEpoch: 60 } }, { train: rowsOf(60, 40), validation: [] }],
    ["of many classes, one of them rare", run, { train: rowsOf(40, 40, 40, 1), validation: rowsOf(5) }],
  ])("%s is healthy", (_, ahead, rows) => {
    expect(rowFindings({ ...ahead, rows })).toEqual([]);
  });

  it.each([
    ["FEW_ROWS", /has 9 rows to train on/, { ...run, plan: few }, { train: rowsOf(5, 4), validation: [] }],
    [
      "ROWS_ALL_EQUAL",
      /All 12 rows of "rows.csv"/,
      { ...run, plan: few },
      { train: Array(12).fill(one), validation: [] },
    ],
    ["CLASSES_UNBALANCED", /"bad" has 91 of 100 rows and "good" 9\./, run, { ...rows, train: rowsOf(91, 9) }],
    ["FEW_STEPS", /has 5 steps \(0.3 epochs\), and/, { ...run, plan: { ...plan, totalSteps: 5 } }, rows],
    [
      "MANY_EPOCHS",
      /reads 12 rows 50 times/,
      { ...run, plan: { ...few, totalSteps: 150 } },
      { train: rowsOf(6, 6), validation: [] },
    ],
    ["NO_VALIDATION", /after 3 epochs .*`validationShare` 0.1/, run, { ...rows, validation: [] }],
    [
      "FEW_ROWS",
      /^The run has 1 row to train on: the adapter will memorize it, and .* Use 50 rows or more; then some are held out/,
      { ...run, plan: { ...few, stepsPerEpoch: 1 } },
      { train: rowsOf(1), validation: [] },
    ],
  ])("reports %s", (code, words, ahead, rows) => {
    const found = rowFindings({ ...ahead, rows });
    expect(found).toEqual([{ code, message: expect.stringMatching(words) }]);
    expect(rowFindingCodes).toContain(code);
  });
});
