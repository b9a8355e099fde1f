import type { Example } from "@lowrank/data";
import type { ProblemType } from "@lowrank/data/internal";
import { describe, expect, it } from "vitest";
import { numberClasses } from "./class-names.ts";
import { warnOfOddClasses } from "./odd-classes.ts";

const sentence = (label: string): Example => ({ kind: "sentence", sentence: "x", label });

describe("warnOfOddClasses", () => {
  const warningsOf = (labels: readonly string[], columns?: Readonly<Record<string, string>>) => {
    const warnings: string[] = [];
    const train = labels.map(sentence);
    const classes = numberClasses(train, { modelNames: [] });
    warnOfOddClasses(
      classes,
      { file: "rows.csv", train, columns },
      { warn: ({ message }) => void warnings.push(message) },
    );
    return warnings;
  };

  it("warns of a header line that was read as a row, in the file's or in usual names", () => {
    expect(warningsOf(["good", "Sentiment", "bad"])).toEqual([
      expect.stringMatching(/one row with the class "Sentiment"/),
    ]);
    expect(warningsOf(["good", "verdict", "bad"], { sentence: "text", label: "verdict" })).toHaveLength(1);
  });

  it("warns if nearly every row has its own class", () => {
    expect(warningsOf(Array.from({ length: 24 }, (_, row) => `class ${row}`))).toEqual([
      expect.stringMatching(/24 classes in 24 rows\. .* the other order/),
    ]);
  });

  it("warns of rows that all have one class", () => {
    const codes = (labels: readonly (string | number)[], problem: ProblemType) => {
      const train = labels.map((label): Example => ({ kind: "sentence", sentence: "x", label }));
      const found: string[] = [];
      const warn = ({ code }: { readonly code: string }) => void found.push(code);
      warnOfOddClasses({ count: 2, ids: new Map() }, { file: "rows.csv", train, problem }, { warn });
      return found;
    };
    expect(codes(["good", "good"], "single_label_classification")).toEqual(["ONE_CLASS"]);
    expect(codes([1, 1], "single_label_classification")).toEqual(["ONE_CLASS"]);
    expect(codes([1, 0], "single_label_classification")).toEqual([]);
    expect(codes([1, 1], "regression")).toEqual([]);
  });

  it("warns of numbers far from a new head's range, and advises what to train on instead", () => {
    const warningsOfNumbers = (numbers: readonly number[]) => {
      const warnings: string[] = [];
      const train = numbers.map((label): Example => ({ kind: "sentence", sentence: "x", label }));
      const regression = { count: 1, ids: new Map<string, number>() };
      warnOfOddClasses(
        regression,
        { file: "price.csv", train },
        { warn: ({ message }) => void warnings.push(message) },
      );
      return warnings;
    };
    expect(warningsOfNumbers([50, 100, 150])).toEqual([
      expect.stringContaining("Train on (number − 100) / 40.8, and undo"),
    ]);
    expect(warningsOfNumbers([0, 2.5, 5])).toEqual([]);
  });

  it("is silent about classes of several rows, and about other words", () => {
    expect(warningsOf(["topic", "good", "topic", "verdict"])).toEqual([]);
  });
});
