import { expect, it } from "vitest";
import { recordingIo } from "../../../test/recording-io.ts";
import { startCount } from "./count.ts";
import { createReport } from "./report.ts";

/** A count of 40 rows, 10 at a time, and how long each ten takes. */
function lines(milliseconds: number): string {
  const recording = recordingIo();
  let now = 0;
  const count = startCount(createReport(recording.io, {}), { what: "rows", total: 40, clock: () => now });
  for (let done = 0; done < 40; done += 10) {
    now += milliseconds;
    count.add(10);
  }
  count.stop();
  return recording.stderr();
}

it("reports its progress to a log every few seconds, and nothing once all is done", () => {
  expect(lines(6000)).toBe("  rows 10/40\n  rows 20/40\n  rows 30/40\n");
  expect(lines(3000)).toBe("  rows 20/40\n");
});

it("reports nothing that is done at once", () => {
  expect(lines(1)).toBe("");
});

it("redraws one line on a terminal, and leaves it empty", () => {
  const { io, stderr } = recordingIo({ terminal: { columns: 80 } });
  const count = startCount(createReport(io, {}), { what: "rows", total: 2 });
  count.add(1);
  count.stop();
  expect(stderr()).toBe("\r  rows 0/2\u001b[K\r  rows 1/2\u001b[K\r\u001b[K");
});
