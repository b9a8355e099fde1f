import { describe, expect, it } from "vitest";
import { JsonReader, JsonSyntaxError } from "./json-reader.ts";

const readString = (json: string) => new JsonReader(json).readString();

describe("readString", () => {
  it.each([
    ['"a"', "a"],
    ['"\\u0041\\n\\/\\"\\\\"', 'A\n/"\\'],
    ['"\\ud83d\\ude00"', "\u{1f600}"],
    ['"한글"', "한글"],
  ])("reads %s as JSON.parse does", (json, expected) => {
    expect(readString(json)).toBe(expected);
    expect(JSON.parse(json)).toBe(expected);
  });

  it.each(['"a', '"\\', '"\\x"', '"\\u12"', '"\\u12g4"', '"\\ud800"', '"\\ude00\\ud83d"', '"\n"', "a", ""])(
    "refuses %j",
    (json) => {
      expect(() => readString(json)).toThrow(JsonSyntaxError);
    },
  );
});

describe("readUnsigned", () => {
  it.each([
    ["0", 0],
    ["42", 42],
    ["9007199254740991", Number.MAX_SAFE_INTEGER],
  ])("reads %s", (json, expected) => {
    expect(new JsonReader(json).readUnsigned()).toBe(expected);
  });

  it.each(["9007199254740992", "9007199254740993", "18446744073709551615"])("reads %s as an unsafe integer", (json) => {
    expect(Number.isSafeInteger(new JsonReader(json).readUnsigned())).toBe(false);
  });

  it.each(["", "-1", "-0", "+1", "01", "1.0", "1e3", "1E3", "18446744073709551616", "9".repeat(100_000), "x"])(
    "refuses %.20s",
    (json) => {
      expect(() => new JsonReader(json).readUnsigned()).toThrow(JsonSyntaxError);
    },
  );
});

describe("skipValue", () => {
  it.each(["null", "true", "-1.5e+3", '"x"', "[1, [2]]", '{"a": {"b": []}}'])(
    "passes over %s and gives its text",
    (json) => {
      expect(new JsonReader(` ${json} `).skipValue()).toBe(json);
    },
  );

  it.each(["nul", "truex", "01", "1.", "-", "[1,]", "{1:2}", '{"a"}', "[1 2]", "}"])("refuses %s", (json) => {
    const reader = new JsonReader(json);
    expect(() => {
      reader.skipValue();
      reader.end();
    }).toThrow(JsonSyntaxError);
  });

  it("stops at a depth of 16", () => {
    expect(() => new JsonReader("[".repeat(16) + "]".repeat(16)).skipValue()).not.toThrow();
    expect(() => new JsonReader("[".repeat(17) + "]".repeat(17)).skipValue()).toThrow(/deeper than 16/);
  });
});
