import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { expect, it } from "vitest";

const isPosix = process.platform !== "win32";
if (!isPosix) process.stderr.write("skipped: Windows ends a process at once where it is sent a signal\n");

const program = `
  import { watchInterruptions } from "${new URL("./interruptions.ts", import.meta.url)}";
  watchInterruptions({}).listen(() => console.log("saving"));
  setInterval(() => {}, 1000); // a step that takes its time
  console.log("at work");
`;

it.skipIf(!isPosix)("a second Ctrl-C ends a run that takes too long to stop", async () => {
  const node = ["--conditions=lowrank-source", "--import", "tsx", "--input-type=module", "--eval", program];
  const child = spawn(process.execPath, node, { cwd: import.meta.dirname });
  await once(child.stdout, "data");
  child.kill("SIGINT");
  expect(String(await once(child.stdout, "data"))).toBe("saving\n");
  await wait(600);
  child.kill("SIGINT");
  expect(await once(child, "exit")).toEqual([null, "SIGINT"]);
});
