// A disk that fails is played by strace: it lets fsync of one file fail, as the system says of a full disk of a network.

import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { propertyOf } from "../../import-unbundled.ts";

const folder = mkdtempSync(join(tmpdir(), "lowrank-exit-"));
afterAll(() => rmSync(folder, { recursive: true }));

const log = join(folder, "log");
const failing = [
  "-f",
  "-qq",
  "-P",
  log,
  "-o",
  join(folder, "calls"),
  "-e",
  "trace=fsync",
  "-e",
  "inject=fsync:error=EIO",
];
const hasStrace = spawnSync("strace", [...failing, "true"]).status === 0;
const koffi = await import("koffi").catch(() => undefined);
if (!hasStrace) process.stderr.write("skipped: strace is not installed, or may not trace here\n");
if (koffi === undefined) process.stderr.write("skipped: koffi is not installed\n");

describe.skipIf(!hasStrace || koffi === undefined)("a process with the native engine", () => {
  it("ends if its output cannot be flushed to disk", () => {
    const program = `
      import { startNative } from "${new URL("../start-native.ts", import.meta.url)}";
      await startNative({ threads: 1 }).catch(() => undefined);
      console.log("all said");
    `;
    const node = ["--conditions=lowrank-source", "--import", "tsx", "--input-type=module", "--eval", program];
    const file = openSync(log, "w");
    const { status, signal, error } = spawnSync("strace", [...failing, process.execPath, ...node], {
      cwd: import.meta.dirname,
      stdio: ["ignore", file, file],
      timeout: 20_000,
      killSignal: "SIGKILL",
    });
    closeSync(file);
    expect({ status, signal, error: propertyOf(error, "code") }).toEqual({ status: 0, signal: null, error: undefined });
    expect(readFileSync(log, "utf8")).toBe("all said\n");
  });
});
