// The program as a shell sees it: one process for JSON, one for a failure.

import { execFile } from "node:child_process";
import { engineNames } from "@lowrank/engine";
import { lowrankProgram } from "@lowrank/testing/node-arguments";
import { describe, expect, it } from "vitest";

function shell(...argv: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  // The test runner asks for colours where it shows them itself (in CI); a pipe gets none.
  const { FORCE_COLOR: _, ...env } = process.env;
  return new Promise((resolve) => {
    execFile(process.execPath, [...lowrankProgram, ...argv], { env }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr });
    });
  });
}

describe("the program", () => {
  it("prints nothing but JSON on stdout with --json", async () => {
    const { code, stdout } = await shell("doctor", "--json");
    expect(code).toBe(0);
    const report = JSON.parse(stdout);
    expect(report.gflops).toBeGreaterThan(0);
    expect(report.engines.map(({ name }: { name: string }) => name)).toEqual(engineNames);
    for (const { runs, speed, reason } of report.engines) {
      if (runs) expect(speed.gflops).toBeGreaterThan(0);
      else expect(reason).toMatch(/\w/);
    }
  });

  it("ends a failure with code 1 and one message without a stack", async () => {
    const { code, stdout, stderr } = await shell("inspect", "no-such-path");
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toBe('error: inspect: "no-such-path" does not exist. Expected: a folder or a file.\n');
  });
});
