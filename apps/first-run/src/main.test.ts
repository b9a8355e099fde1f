import { type StdioOptions, spawn } from "node:child_process";
import { closeSync, existsSync, openSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const program = fileURLToPath(new URL("./main.ts", import.meta.url));
const hasFull = existsSync("/dev/full");
if (!hasFull) process.stderr.write("skipped: there is no /dev/full\n");

/** How the program ends when it prints its help, and what it writes to stderr. */
function helpOn(stdout: number | "pipe"): Promise<{ code: number | null; stderr: string }> {
  const stdio: StdioOptions = ["ignore", stdout, "pipe"];
  const node = ["--conditions=lowrank-source", "--import", "tsx", program, "--help"];
  const child = spawn(process.execPath, node, { stdio });
  child.stdout?.destroy();
  let stderr = "";
  child.stderr?.on("data", (piece) => {
    stderr += piece;
  });
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, stderr })));
}

it.skipIf(process.platform === "win32")(
  "ends without a message and with a code other than 0 if stdout is closed",
  async () => {
    expect(await helpOn("pipe")).toEqual({ code: 141, stderr: "" });
  },
);

it.skipIf(!hasFull)("ends with a message if stdout cannot be written", async () => {
  const full = openSync("/dev/full", "w");
  const end = await helpOn(full);
  closeSync(full);
  expect(end).toEqual({ code: 1, stderr: expect.stringMatching(/^error: Cannot write to stdout: ENOSPC.*\n$/) });
});
