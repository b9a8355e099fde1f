import { describe, expect, it } from "vitest";
import { integerIn, numberIn } from "../../options/option-table.ts";
import { nameList, numberParser, targetModules } from "./parse-values.ts";

describe("numberParser of decimal numbers", () => {
  it("reads decimal and scientific notation", () => {
    expect(numberParser(numberIn())("2e-4")).toBe(0.0002);
    expect(numberParser(numberIn())(".5")).toBe(0.5);
  });

  it("refuses text that JavaScript would read as a number by accident", () => {
    for (const text of ["", " ", "0x10", "1_000", "Infinity", "NaN", "1e999", "12 apples"]) {
      expect(() => numberParser(numberIn())(text), text).toThrow("Expected a number.");
    }
  });

  it("names the bounds that a value breaks", () => {
    expect(() => numberParser(numberIn({ min: 0, max: 1 }))("1.5")).toThrow(
      "Expected a number, at least 0 and at most 1.",
    );
    expect(() => numberParser(numberIn({ min: 0, below: 1 }))("1")).toThrow(
      "Expected a number, at least 0 and less than 1.",
    );
    expect(() => numberParser(numberIn({ above: 0 }))("0")).toThrow("Expected a number, more than 0.");
  });
});

describe("numberParser of whole numbers", () => {
  it("refuses fractions and numbers beyond 2^53", () => {
    expect(() => numberParser(integerIn())("8.5")).toThrow("Expected a whole number.");
    expect(() => numberParser(integerIn())("9007199254740993")).toThrow("Expected a whole number.");
    expect(numberParser(integerIn({ min: 1 }))("12")).toBe(12);
  });
});

describe("nameList", () => {
  it("keeps each name once, in order", () => {
    expect(nameList("v_proj, q_proj,v_proj")).toEqual(["v_proj", "q_proj"]);
  });

  it("refuses empty names", () => {
    expect(() => nameList("q_proj,,v_proj")).toThrow("separated by commas");
  });
});

describe("targetModules", () => {
  it("keeps all-linear and patterns as text and splits names", () => {
    expect(targetModules("all-linear")).toBe("all-linear");
    expect(targetModules(".*\\.q_proj")).toBe(".*\\.q_proj");
    expect(targetModules("q_proj,v_proj")).toEqual(["q_proj", "v_proj"]);
    expect(targetModules("q_proj")).toEqual(["q_proj"]);
  });
});
