import { describe, expect, it } from "vitest";
import { activeAdapters, adapterRows, noAdapters, selectedNames } from "./forward-context.ts";

describe("selectedNames", () => {
  it("is empty for the base", () => {
    expect(selectedNames(noAdapters)).toEqual([]);
  });

  it("lists an active set in order, each name once", () => {
    expect(selectedNames(activeAdapters("b", "a", "b"))).toEqual(["b", "a"]);
  });

  it("accepts PEFT's name of the base", () => {
    expect(adapterRows(["a", "__base__"])).toEqual(adapterRows(["a", null]));
  });

  it("leaves out the rows that use the base", () => {
    expect(selectedNames(adapterRows(["a", null, "b", "a"]))).toEqual(["a", "b"]);
  });
});
