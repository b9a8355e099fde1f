import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findPrepared } from "@lowrank/testing/cache-folder";
import { expect, it } from "vitest";
import { crc32c, EventLog } from "./event-file.ts";

function logged(): EventLog {
  const log = new EventLog(() => 1_700_000_000_500);
  const pace = { epoch: 0, tokens: 10, tokensPerSecond: 100, seconds: 1, secondsLeft: 1 };
  log.add({
    type: "step",
    step: 300,
    steps: 9,
    loss: 0.5,
    learningRate: 0.25,
    gradientNorm: 2,
    ...pace,
    metrics: { reward: 0.5 },
  });
  log.add({ type: "evaluation", step: 300, metrics: { loss: 0.75, accuracy: 1 }, isBest: true, best: undefined });
  log.add({ type: "checkpoint", step: 300 });
  return log;
}

// RFC 3720, appendix B.4.
it("the checksum is that of the RFC's examples", () => {
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, index) => index))).toBe(0x46dd794e);
});

it("the file is a header and a record for each event with numbers, with correct lengths", () => {
  const bytes = logged().bytes();
  const view = new DataView(bytes.buffer);
  const lengths: number[] = [];
  for (let start = 0; start < bytes.length; start += 16 + (lengths.at(-1) ?? 0))
    lengths.push(Number(view.getBigUint64(start, true)));
  expect(lengths).toHaveLength(3);
  expect(lengths.reduce((sum, length) => sum + 16 + length, 0)).toBe(bytes.length);
  for (const tag of ["validation/accuracy", "train/reward"]) expect(new TextDecoder().decode(bytes)).toContain(tag);
});

const program = `
import sys
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
for event in EventFileLoader(sys.argv[1]).Load():
    for value in event.summary.value:
        number = value.tensor.float_val[0] if value.HasField("tensor") else value.simple_value
        print(event.step, event.wall_time, value.tag, number)
`;

it("Python's tensorboard reads every number back", async ({ skip }) => {
  const found = findPrepared("peft-venv");
  const python = "folder" in found ? join(found.folder, "bin", "python") : "python3";
  if (spawnSync(python, ["-c", "import tensorboard"]).status !== 0) {
    const reason = `no tensorboard for ${python}: pip install -r scripts/python/requirements.txt`;
    console.log(`skipped: ${reason}`);
    skip(reason);
    return;
  }
  const folder = await mkdtemp(join(tmpdir(), "lowrank-events-"));
  const log = logged();
  await writeFile(join(folder, log.name), log.bytes());
  const { stdout, stderr } = spawnSync(python, ["-c", program, join(folder, log.name)], { encoding: "utf8" });
  await rm(folder, { recursive: true });
  expect(stdout.trim().split("\n"), stderr).toEqual([
    "300 1700000000.5 train/loss 0.5",
    "300 1700000000.5 train/learningRate 0.25",
    "300 1700000000.5 train/gradientNorm 2.0",
    "300 1700000000.5 train/tokensPerSecond 100.0",
    "300 1700000000.5 train/reward 0.5",
    "300 1700000000.5 validation/loss 0.75",
    "300 1700000000.5 validation/accuracy 1.0",
  ]);
});
