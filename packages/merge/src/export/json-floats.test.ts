import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { floatSpellings, writeJson } from "./json-floats.ts";

describe("writeJson", () => {
  it("spells floats as they were read, and nothing else", () => {
    const text = '{ "cap": 30.0, "heads": 4, "inner": { "eps": 1e-05, "list": [1.0, 2, "3.0"] }, "drop": -0.0 }';
    const config = JSON.parse(text);
    expect(writeJson(config, floatSpellings(text)).replaceAll(/\s/g, "")).toBe(
      '{"cap":30.0,"heads":4,"inner":{"eps":1e-05,"list":[1.0,2,"3.0"]},"drop":-0.0}',
    );
  });

  it("writes a value that was changed as the number it is", () => {
    const text = '{ "cap": 30.0 }';
    expect(writeJson({ cap: 31, added: 2 }, floatSpellings(text))).toBe('{\n  "cap": 31,\n  "added": 2\n}');
  });

  it("does not take texts that look like marked numbers for numbers", () => {
    const text = '{ "\\u00005": "\\u00006.0", "cap": 30.0 }';
    const config = JSON.parse(text);
    expect(JSON.parse(writeJson(config, floatSpellings(text)))).toEqual(config);
  });

  test.prop([fc.jsonValue()])("keeps every value", (value) => {
    const text = JSON.stringify(value);
    expect(JSON.parse(writeJson(value, floatSpellings(text)))).toEqual(JSON.parse(text));
  });
});
