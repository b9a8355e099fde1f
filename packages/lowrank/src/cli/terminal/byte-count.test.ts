import { describe, expect, it } from "vitest";
import { startByteCount } from "./byte-count.ts";
import { LastLine } from "./last-line.ts";

describe("a count of bytes", () => {
  it("reports progress and the remaining time every few seconds without a terminal, at this run's speed", () => {
    const notes: string[] = [];
    let now = 0;
    const report = {
      lastLine: new LastLine({ stderr: () => {} }),
      note: (line: string) => notes.push(line),
    };
    const count = startByteCount(report, "written", () => now);
    for (const [time, bytes] of [
      [0, 4e9],
      [3000, 5e9],
      [6000, 6e9],
      [9000, 7e9],
      [12_000, 8e9],
    ] as const) {
      now = time;
      count.at({ bytes, total: 8e9 });
    }
    expect(notes).toEqual(["  6.0 GB of 8.0 GB written, 6.0 s left"]);
  });
});
