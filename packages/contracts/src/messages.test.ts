import { describe, expect, it } from "vitest";
import { describeValue, escapeControls, itemized, listed, printable } from "./messages.ts";

describe("untrusted text in a message", () => {
  it("escapes control characters, direction marks and line breaks of a name", () => {
    expect(printable("w\u001b[31m\u202e\r\n\tx\u009b\u2028")).toBe("w\\u001b[31m\\u202e\\u000d\\n\\tx\\u009b\\u2028");
    expect(escapeControls("a\nb\tc\u0007")).toBe("a\nb\tc\\u0007");
  });

  it("leaves names in any script as they are", () => {
    expect(printable("Ġcafé 고양이 میخواهم 👩‍👧")).toBe("Ġcafé 고양이 میخواهم 👩‍👧");
  });

  it("is truncated if it is long", () => {
    expect(printable("a".repeat(1000))).toBe(`${"a".repeat(200)}…`);
    expect(describeValue(["b".repeat(1000)])).toBe(`["${"b".repeat(118)}…`);
  });

  it("has the number of names that a long list leaves out", () => {
    const names = Array.from({ length: 20_000 }, (_, at) => `key\n${at}`);
    expect(listed(names)).toBe(`${Array.from({ length: 12 }, (_, at) => `"key\\n${at}"`).join(", ")} and 19988 more`);
    expect(listed(names.slice(0, 2))).toBe('"key\\n0", "key\\n1"');
    expect(itemized(["a", "b"], 3)).toBe("\n  - a\n  - b\n  - … and 1 more");
    expect(itemized(Array.from({ length: 14 }, (_, at) => `${at}`))).toMatch(/ - 11\n {2}- … and 2 more$/);
  });

  it.each([
    [undefined, "nothing"],
    [null, "null"],
    [Number.NaN, "NaN"],
    [2n ** 64n, "18446744073709551616"],
    [new Map([["r", 8]]), '{"r":8}'],
    [() => 1, "function"],
    ["\u202e\u0000\n", '"\\u202e\\u0000\\n"'],
  ])("describes the value %s", (value, text) => {
    expect(describeValue(value)).toBe(text);
  });
});
