import { expect, it } from "vitest";
import { recordingIo } from "../../../test/recording-io.ts";
import { createReport } from "./report.ts";

it("prints a warning once, however often its cause is opened", () => {
  const recording = recordingIo();
  const report = createReport(recording.io, {});
  for (const message of ["shared", "other", "shared"]) report.warn({ code: "X", message });
  expect(recording.stderr()).toBe("warning: shared\nwarning: other\n");
});
