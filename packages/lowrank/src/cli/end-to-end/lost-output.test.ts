// Runs that lose their reader, their disk or their terminal, as real processes: a training is never lost, and a run that was
// not finished never ends with 0.

import { type ChildProcess, type StdioOptions, spawn, spawnSync } from "node:child_process";
import { closeSync, existsSync, openSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import { lowrankProgram } from "@lowrank/testing/node-arguments";
import { describe, expect, it } from "vitest";
import { fixture, jsonl, makeWorkspace } from "./workspace.ts";

const { npm_lifecycle_event: _, ...inherited } = process.env;
const env = { ...inherited, LOWRANK_ENGINE: "cpu", NO_COLOR: "1" };
const forever = "1000000"; // steps, of a millisecond each

const isPosix = process.platform !== "win32";
const hasFull = existsSync("/dev/full");
const hasTerminals = ["script", "setsid"].every((name) => spawnSync(name, ["--version"]).status === 0);
if (!isPosix) process.stderr.write("skipped: Windows has neither these signals nor a shell for them\n");
if (!hasFull) process.stderr.write("skipped: there is no /dev/full\n");
if (!hasTerminals)
  process.stderr.write("skipped: util-linux's script and setsid, which make terminals, are not here\n");

const work = makeWorkspace();

const data = work.write("rows.jsonl", jsonl([{ input_ids: [5, 6, 7] }]));

function trainInto(out: string, steps: string, ...more: readonly string[]): string[] {
  const model = fixture("gpt2", "base");
  return ["train", "--model", model, "--data", data, "--out", work.path(out), "--steps", steps, ...more];
}

function start(argv: readonly string[], stdio: StdioOptions = "pipe"): ChildProcess {
  return spawn(process.execPath, [...lowrankProgram, ...argv], { env, stdio });
}

/** Resolves once the process has written this to the stream. */
async function untilPrinted(child: ChildProcess, stream: "stdout" | "stderr", what: string): Promise<void> {
  let text = "";
  for await (const piece of child[stream]?.iterator({ destroyOnReturn: false }) ?? []) {
    text += piece;
    if (text.includes(what)) return;
  }
  throw new Error(`the process ended and had said: ${text}`);
}

/** The exit of the process, and its stderr from now on. */
async function endOf(child: ChildProcess): Promise<{ code: number | null; signal: string | null; stderr: string }> {
  let stderr = "";
  child.stderr?.on("data", (piece) => {
    stderr += piece;
  });
  child.stdout?.resume();
  return new Promise((resolve) => child.once("close", (code, signal) => resolve({ code, signal, stderr })));
}

/** The contents of an output: "checkpoint" if the run can be resumed, "adapter" if it is finished. */
async function kept(out: string): Promise<string> {
  const names = await readdir(work.path(out)).catch((): string[] => []);
  if (!names.includes("adapter_model.safetensors")) return "nothing";
  return names.some((name) => name.startsWith("checkpoint-")) ? "checkpoint" : "adapter";
}

async function locks(): Promise<string[]> {
  return (await readdir(work.path())).filter((name) => name.startsWith(".lowrank"));
}

describe.skipIf(!isPosix)("a training", { timeout: 60_000 }, () => {
  it("stops and saves if the reader of its events leaves, as in `lowrank train --json | head -1`", async () => {
    const child = start(trainInto("head", forever, "--json"));
    await untilPrinted(child, "stdout", '"step"');
    child.stdout?.destroy();
    expect(await endOf(child)).toMatchObject({ code: 141, signal: null });
    expect([await kept("head"), await locks()]).toEqual(["checkpoint", []]);
  });

  it("continues if the reader of its progress is gone", async () => {
    const child = start(trainInto("unseen", "60"));
    await untilPrinted(child, "stderr", "  step ");
    child.stderr?.destroy();
    expect(await endOf(child)).toMatchObject({ code: 0, signal: null });
    expect([await kept("unseen"), await locks()]).toEqual(["adapter", []]);
  });

  it.each([
    { signal: "SIGHUP", times: 3, code: 129, why: "the terminal and the shell in it both say that it hangs up" },
    { signal: "SIGINT", times: 2, code: 130, why: "a shell passes on the Ctrl-C that the terminal has sent us too" },
  ] as const)("stops and saves at $times $signal: $why", async ({ signal, times, code }) => {
    const child = start(trainInto(signal, forever));
    await untilPrinted(child, "stderr", "step 10/");
    for (let sent = 0; sent < times; sent++) child.kill(signal);
    expect(await endOf(child)).toMatchObject({ code, signal: null });
    expect([await kept(signal), await locks()]).toEqual(["checkpoint", []]);
  });

  it("stops and saves when npm, which started it, is gone", async () => {
    // npm passes SIGTERM on to the shell in between, and not to the program.
    const script = [process.execPath, ...lowrankProgram, ...trainInto("orphan", forever)]
      .map((word) => `'${word}'`)
      .join(" ");
    const shell = spawn("sh", ["-c", `${script}; true`], { env: { ...env, npm_lifecycle_event: "lowrank" } });
    await untilPrinted(shell, "stderr", "step 10/");
    shell.kill("SIGTERM");
    await endOf(shell);
    expect([await kept("orphan"), await locks()]).toEqual(["checkpoint", []]);
  });

  it.skipIf(!hasTerminals)("continues to its end if its terminal goes away without a signal", async () => {
    const script = [process.execPath, ...lowrankProgram, ...trainInto("gone", "200")]
      .map((word) => `'${word}'`)
      .join(" ");
    const inOwnSession = `setsid --wait sh -c "${script}; echo \\$? > ${work.path("code")}"`;
    const terminal = spawn("script", ["--quiet", "--command", inOwnSession, "/dev/null"], { env });
    await untilPrinted(terminal, "stdout", "tokens/s");
    terminal.kill("SIGKILL");
    for (let waited = 0; !existsSync(work.path("code")) && waited < 400; waited++) await wait(100);
    expect(await readFile(work.path("code"), "utf8")).toBe("0\n");
    expect([await kept("gone"), await locks()]).toEqual(["adapter", []]);
  });
});

describe.skipIf(!hasFull)("a full disk under stdout", { timeout: 60_000 }, () => {
  it.each([
    { command: "inspect", argv: () => ["inspect", fixture("gpt2", "base")], leaves: "nothing" },
    { command: "train, which finishes its work", argv: () => trainInto("full", "20", "--json"), leaves: "adapter" },
  ])("is an error of $command, with a message and code 1", async ({ argv, leaves }) => {
    const full = openSync("/dev/full", "w");
    const end = await endOf(start(argv(), ["ignore", full, "pipe"]));
    closeSync(full);
    expect(end).toMatchObject({ code: 1, signal: null });
    expect(end.stderr).toMatch(/^(.*\n)*error: Cannot write to stdout: .*ENOSPC.*\n$/);
    expect([await kept("full"), await locks()]).toEqual([leaves, []]);
  });
});

describe.skipIf(!isPosix)("a reader that leaves", () => {
  it("ends inspect without a word, and not with 0", async () => {
    const child = start(["inspect", fixture("gpt2", "base")]);
    child.stdout?.destroy();
    expect(await endOf(child)).toEqual({ code: 141, signal: null, stderr: "" });
  });
});
