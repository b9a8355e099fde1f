import type { Example } from "@lowrank/data";
import { describe, expect, it } from "vitest";
import { ClassNameError } from "../../errors/data-errors.ts";
import { classNamesKey, countClasses, decodeClassNames, encodeClassNames, numberClasses } from "./class-names.ts";

const sentence = (label: string | number): Example => ({ kind: "sentence", sentence: "x", label });
const modelNames = ["LABEL_0", "LABEL_1"];

describe("numberClasses", () => {
  it("counts numbered classes", () => {
    expect(numberClasses([sentence(0), sentence(3)], { modelNames })).toEqual({ count: 4, ids: new Map() });
  });

  it("sorts unknown names", () => {
    const { ids } = numberClasses([sentence("good"), sentence("bad")], { modelNames });
    expect([...ids]).toEqual([
      ["bad", 0],
      ["good", 1],
    ]);
  });

  it("keeps the model's numbers if its config has the names", () => {
    const { ids } = numberClasses([sentence("bad")], { modelNames: ["good", "bad"] });
    expect(ids.get("bad")).toBe(1);
  });

  it("keeps an adapter's numbers, and refuses names that it does not know", () => {
    const adapterNames = ["neutral", "bad", "good"];
    expect(numberClasses([sentence("good")], { adapterNames, modelNames })).toMatchObject({ count: 3 });
    expect(() => numberClasses([sentence("great")], { adapterNames, modelNames })).toThrow(
      "does not have: great. Its classes are 0 = neutral, 1 = bad, 2 = good.",
    );
  });

  it("never renames the numbers of a trained classifier", () => {
    const trained = { modelNames, isTrained: true };
    expect(() => numberClasses([sentence("good"), sentence("bad")], trained)).toThrow(
      /was not trained with: bad, good. Its classes are 0 = LABEL_0, 1 = LABEL_1\. .* `classNames`/,
    );
    expect(numberClasses([sentence("LABEL_1")], trained).ids.get("LABEL_1")).toBe(1);
    expect(() => numberClasses([{ kind: "sentence", sentence: "x", label: ["good"] }], trained)).toThrow(
      ClassNameError,
    );
  });

  it("numbers classes as they are given, of numbers too", () => {
    const known = { classNames: ["good", "bad"], modelNames, isTrained: true };
    for (const label of ["bad", 1]) expect(numberClasses([sentence(label)], known).ids.get("bad")).toBe(1);
    expect(countClasses([sentence(0)], { labels: 2, labelNames: modelNames, problemType: null }, known)).toBe(2);
  });

  it.each([
    ["contradicts the adapter", ["bad", "good"], /the adapter was trained with 0 = good, 1 = bad/],
    ["has too few", ["good"], /one name for each class/],
    ["has one twice", ["good", "good"], /each once/],
  ])("refuses a list that %s", (_, classNames, message) => {
    const adapterNames = classNames.length === 2 && classNames[0] === "bad" ? ["good", "bad"] : undefined;
    const known = { classNames, adapterNames, modelNames, isTrained: true };
    expect(() => numberClasses([sentence(0)], known)).toThrow(message);
  });

  it("survives the way through an adapter's metadata", () => {
    const ids = new Map([
      ["bad", 0],
      ["good", 1],
    ]);
    expect(decodeClassNames(new Map([[classNamesKey, encodeClassNames(ids)]]))).toEqual(["bad", "good"]);
    expect(decodeClassNames(new Map([[classNamesKey, "{"]]))).toBeUndefined();
  });
});

describe("countClasses", () => {
  const base = { labels: 3, labelNames: ["negative", "neutral", "positive"], problemType: null };

  it("keeps the base's number of classes if the data fit into it", () => {
    expect(countClasses([sentence(0), sentence(1)], base)).toBe(3);
    expect(countClasses([sentence("positive")], base)).toBe(3);
  });

  it("uses the number that the data need if they do not", () => {
    expect(countClasses([sentence(0), sentence(4)], base)).toBe(5);
    expect(countClasses([sentence("good"), sentence("positive")], base)).toBe(2);
    expect(countClasses([sentence(0)], { labels: 1, labelNames: ["LABEL_0"], problemType: null })).toBe(2);
    expect(countClasses([sentence(0)], { labels: 0, labelNames: [], problemType: null })).toBe(2);
  });
});
