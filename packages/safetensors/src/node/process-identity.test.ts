import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { expect, it } from "vitest";
import { isRunning } from "./temporary-path.ts";

it("runs as long as it is itself that does", () => {
  expect(isRunning(process.pid)).toBe(true);
});

it.skipIf(!existsSync("/proc/self/stat"))(
  "runs no more when it ended, though nobody asked how: so it is in a container",
  async () => {
    // The long "sleep" has a child that it does not know of. It ends after the shell did, which might ask how.
    const parent = spawn("sh", ["-c", "sleep 0.5 & echo $!; exec sleep 20"], { stdio: ["ignore", "pipe", "ignore"] });
    const [printed] = (await once(parent.stdout, "data")) as [Buffer];
    const child = Number(printed.toString());
    const deadline = performance.now() + 5000;
    while (isRunning(child) && performance.now() < deadline) await setTimeout(20);
    expect([existsSync(`/proc/${child}/stat`), isRunning(child), isRunning(parent.pid ?? 0)]).toEqual([
      true,
      false,
      true,
    ]);
    parent.kill();
  },
);
