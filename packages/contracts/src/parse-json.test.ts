import { describe, expect, it } from "vitest";
import { JsonError, parseJson } from "./parse-json.ts";

function nested(levels: number): string {
  return "[".repeat(levels) + "]".repeat(levels);
}

describe("parseJson", () => {
  it("accepts 64 levels and refuses more, a million as fast as a hundred", () => {
    expect(() => parseJson(nested(64))).not.toThrow();
    expect(() => parseJson(nested(65))).toThrow(JsonError);
    const start = performance.now();
    expect(() => parseJson(nested(1_000_000))).toThrow("is nested more than 64 levels deep");
    expect(performance.now() - start).toBeLessThan(200);
  });

  it.each(['"\\\\[[["', '"\\"[[["', '{"[[[": ["]]]", "a\\\\\\"{{{"]}', '["\\\\", [1], "\\\\"]'])(
    "counts no bracket that stands in a text: %s",
    (text) => {
      expect(parseJson(text, { maxDepth: 2 })).toEqual(JSON.parse(text));
    },
  );

  it("counts the brackets after a text that ends with a backslash", () => {
    expect(() => parseJson('["\\\\", [[1]]]', { maxDepth: 2 })).toThrow("more than 2 levels");
  });

  it.each(["", "{", '"', '"\\', "[1,]", "nul", "]]]"])("reports that %j is not JSON, with the cause", (text) => {
    expect(() => parseJson(text)).toThrow(JsonError);
    expect(() => parseJson(text)).toThrow("is not JSON (");
  });

  it("skips a byte order mark", () => {
    expect(parseJson('\uFEFF{"a": 1}')).toEqual({ a: 1 });
  });

  it("keeps a key __proto__ as a key, and changes no prototype", () => {
    const value = parseJson('{"__proto__": {"polluted": true}}') as object;
    expect(Object.keys(value)).toEqual(["__proto__"]);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it("parses a text of backslashes in linear time", () => {
    const start = performance.now();
    parseJson(`"${"\\\\".repeat(1_000_000)}"`);
    parseJson(`["${'\\"'.repeat(1_000_000)}"]`);
    expect(performance.now() - start).toBeLessThan(2000);
  });
});
