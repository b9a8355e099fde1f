// Whom the program talks to: nobody. The system is asked, since a native library would not tell: strace lists every socket.

import { spawnSync } from "node:child_process";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { jsonl, makeWorkspace, tiny } from "./workspace.ts";

const trace = ["-f", "-qq", "--seccomp-bpf", "-e", "trace=socket"];
const canTrace = spawnSync("strace", [...trace, "true"]).status === 0;
if (!canTrace) process.stderr.write("skipped: strace is not installed, or may not trace here\n");

const model = tiny;
/** ONNX Runtime sends what it has gathered ten seconds after its start. */
const longEnough = 12_000;

const work = makeWorkspace();

describe.skipIf(!canTrace)("training and generating", () => {
  it("open no socket to any network, and leave nothing in HOME", async () => {
    const data = work.write("rows.jsonl", jsonl([{ prompt: "Aromi is", completion: " a riverside café." }]));
    const [home, sockets, out] = [work.path("home"), work.path("sockets"), work.path("adapter")];
    await mkdir(home);
    const calls = [
      ["train", "--model", model, "--data", data, "--out", out, "--steps", "2"],
      ["generate", "--model", model, "--adapter", out, "--prompt", "Aromi", "--max-new-tokens", "2"],
    ];
    const program = `
      import { processIo } from "${new URL("../io.ts", import.meta.url)}";
      import { run } from "${new URL("../run.ts", import.meta.url)}";
      for (const argv of ${JSON.stringify(calls)}) process.exitCode ||= await run(argv, processIo());
      setTimeout(() => {}, ${longEnough});
    `;
    const node = ["--conditions=lowrank-source", "--import", "tsx", "--input-type=module", "--eval", program];
    // Nothing inherited: where a variable says CI, ONNX Runtime tells nobody anything.
    const env = { PATH: process.env.PATH, HOME: home };
    const { status, stderr } = spawnSync("strace", [...trace, "-o", sockets, process.execPath, ...node], {
      encoding: "utf8",
      env,
    });
    expect([status, stderr]).toEqual([0, expect.not.stringContaining("error")]);
    const opened = (await readFile(sockets, "utf8")).split("\n");
    expect(opened.filter((call) => call.includes("AF_INET"))).toEqual([]);
    expect(await readdir(home)).toEqual([]);
  }, 60_000);
});
