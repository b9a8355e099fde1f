import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { constants, getPriority } from "node:os";
import { describe, expect, it } from "vitest";
import { yieldToOthers } from "./yield-to-others.ts";

describe("yieldToOthers", () => {
  it("gives a process, and its session, the lowest priority", async () => {
    const child = spawn(process.execPath, ["--eval", "setTimeout(() => {}, 60_000)"], { detached: true });
    await once(child, "spawn");
    const { pid = 0 } = child;
    yieldToOthers(pid);
    expect(getPriority(pid)).toBe(constants.priority.PRIORITY_LOW);
    const group = `/proc/${pid}/autogroup`;
    if (existsSync(group)) expect(readFileSync(group, "utf8")).toContain("nice 19");
    child.kill("SIGKILL");
    await once(child, "exit");
  });

  it("does nothing about a process that has ended", async () => {
    const child = spawn(process.execPath, ["--eval", ""]);
    await once(child, "exit");
    expect(() => yieldToOthers(child.pid ?? 0)).not.toThrow();
  });
});
