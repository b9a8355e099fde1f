import { escapeControls, escapeName } from "@lowrank/contracts/internal";
import { describe, expect, it } from "vitest";
import { formatBytes, formatDuration, formatNumber } from "./format.ts";
import { formatTable } from "./table.ts";

describe("formats", () => {
  it("writes sizes in decimal units", () => {
    expect(formatBytes(512)).toBe("512 B");
    expect(formatBytes(4_194_304)).toBe("4.2 MB");
  });

  it("writes durations in words", () => {
    expect(formatDuration(3.14)).toBe("3.1 s");
    expect(formatDuration(75)).toBe("1 min 15 s");
    expect(formatDuration(3_725)).toBe("1 h 2 min");
  });

  it("writes small differences scientifically", () => {
    expect(formatNumber(2.5)).toBe("2.5000");
    expect(formatNumber(3.1e-7)).toBe("3.10e-7");
    expect(formatNumber(0)).toBe("0");
  });
});

describe("formatTable", () => {
  it("aligns columns by their longest cell", () => {
    const columns = [{ heading: "name" }, { heading: "size", align: "right" as const }];
    expect(
      formatTable(columns, [
        ["a", "1"],
        ["longer", "1000"],
      ]),
    ).toEqual(["name    size", "a          1", "longer  1000"]);
  });
});

describe("escapeControls", () => {
  it("makes terminal escapes and bidirectional overrides visible", () => {
    expect(escapeControls("w\u001b[31m\u202e")).toBe("w\\u001b[31m\\u202e");
    expect(escapeControls("a\nb")).toBe("a\nb");
    expect(escapeName("a\nb")).toBe("a\\nb");
  });
});
