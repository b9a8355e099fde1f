// The logits of a downloaded adapter in Python, with transformers and PEFT.

import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { unzipSync } from "fflate";
import type { DownloadedAdapter } from "./logits-in-node.ts";

const program = `
import json, sys, torch
from peft import PeftModel
from transformers import AutoModelForCausalLM
base, adapter, ids = sys.argv[1:]
model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32), adapter).eval()
with torch.no_grad():
    print(json.dumps(model(torch.tensor([json.loads(ids)])).logits.flatten().tolist()))
`;

/** Logits [time · vocabulary] of the base, a Hugging Face folder, with the adapter of the zip. */
export async function logitsInPeft(
  python: string,
  { model, zip, inputIds }: Required<DownloadedAdapter>,
): Promise<readonly number[]> {
  const folder = await mkdtemp(join(tmpdir(), "lowrank-in-peft-"));
  try {
    for (const [name, bytes] of Object.entries(unzipSync(zip))) await writeFile(join(folder, name), bytes);
    const given = ["-c", program, model, folder, JSON.stringify(inputIds)];
    const { stdout } = await promisify(execFile)(python, given, { maxBuffer: 1e9 });
    return JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
  } finally {
    await rm(folder, { recursive: true });
  }
}
