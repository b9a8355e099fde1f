import { cpSync } from "node:fs";
import { open, stat, utimes } from "node:fs/promises";
import { expect, it } from "vitest";
import { fixture, interrupted, jsonl, makeWorkspace, tokenRows } from "./workspace.ts";

const work = makeWorkspace();

cpSync(fixture("gpt2", "base"), work.path("base"), { recursive: true });
const weights = work.path("base", "model.safetensors");
const data = work.write("tokens.jsonl", jsonl(tokenRows("gpt2")));
const command = ["train", "--model", work.path("base"), "--data", data, "--steps", "3", "--batch-size", "1"];

/** The lowest bit of a number between the bytes that the fingerprint samples: 100 bytes into the last of the tensors. */
async function flipBit(): Promise<void> {
  const file = await open(weights, "r+");
  const head = Buffer.alloc(8);
  await file.read(head, 0, 8, 0);
  const length = Number(head.readBigUInt64LE());
  const json = Buffer.alloc(length);
  await file.read(json, 0, length, 8);
  const [begin] = JSON.parse(json.toString())["transformer.wte.weight"].data_offsets;
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, 8 + length + begin + 100);
  await file.write(
    byte.map((value) => value ^ 1),
    0,
    1,
    8 + length + begin + 100,
  );
  await file.close();
}

it("a run with --verify-base refuses to resume with a base of which one bit has changed, and names the file", async () => {
  const out = ["--out", work.path("out")];
  expect(await interrupted([...command, ...out, "--verify-base"], { at: '"step":1,' })).toMatchObject({ code: 130 });
  await flipBit();
  const other = await work.call(...command, ...out, "--resume");
  expect(other.code).toBe(1);
  expect(other.stderr).toMatch(/base file model\.safetensors: .*in the checkpoint, .*now/);
  expect(other.stderr).not.toContain("  base: "); // the samples do not see it
  await flipBit(); // back: the same bytes at another time
  expect(await interrupted([...command, ...out, "--resume"], { at: '"step":2,' })).toMatchObject({ code: 130 });

  // A bit that changed by itself leaves the file's time as it was: then every byte has to be read again.
  const { atime, mtime } = await stat(weights);
  await flipBit();
  await utimes(weights, atime, mtime);
  const verified = await work.call(...command, ...out, "--resume", "--verify-base");
  expect(verified.stderr).toMatch(/base file model\.safetensors/);
  await flipBit();
  await utimes(weights, atime, mtime);
  expect(await work.call(...command, ...out, "--resume", "--verify-base")).toMatchObject({ code: 0 });
});
