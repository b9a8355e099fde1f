// Adds tokens by the command line, trains, generates logits and merges with it: PEFT and transformers are to find a tokenizer
// and a model that say the same.

import { execFile } from "node:child_process";
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { openTokenizer } from "@lowrank/data";
import { diskFolder } from "@lowrank/merge/node";
import { serializeSafetensors, type TensorData } from "@lowrank/safetensors";
import { parseSafetensors } from "@lowrank/safetensors/internal";
import type { TokenVariant } from "../variants/token-variants.ts";
import type { PythonCase } from "./write-case.ts";

/** Whether transformers makes the same of a tokenizer; see scripts/python/check_in_peft.py. */
export interface TokenizerCase {
  readonly name: string;
  readonly kind: "tokenizer";
  readonly base: string;
  readonly folder: string;
  /** JSON: the tokens, and texts with our ids. */
  readonly expected: string;
}

const programs = join(import.meta.dirname, "../../../../packages/lowrank");
const texts = ["<fact>", "a <fact>b</fact>c", "by the riverside, riverside.", "café cafés a café", "<x><y> a<x>b <y>"];

/** Writes adapter, merged model and what we make of texts under `folder`. */
export async function writeAddedTokens(
  variant: TokenVariant,
  folder: string,
): Promise<readonly (PythonCase | TokenizerCase)[]> {
  const { name, prompt, completion, tokens, special } = variant;
  await mkdir(folder, { recursive: true });
  const path = (...parts: readonly string[]) => join(folder, ...parts);
  await cp(variant.base, path("base"), { recursive: true, dereference: true });
  if (variant.tokenizer !== undefined)
    await writeFile(path("base", "tokenizer.json"), JSON.stringify(variant.tokenizer));
  await writeFile(path("rows.jsonl"), `${JSON.stringify({ prompt, completion })}\n`);
  const model = ["--model", path("base")];
  const added = ["--add-tokens", ...tokens, ...(special ? ["--add-as-special"] : [])];
  const out = ["--out", path("adapter"), "--steps", "4", "--learning-rate", "0.02"];
  await lowrank("train", ...model, "--data", path("rows.jsonl"), ...out, ...added);

  const adapted = [...model, "--adapter", path("adapter")];
  const tokenizer = await openTokenizer(diskFolder(path("adapter")));
  const ids = tokenizer.encode(prompt + completion);
  await writeLogits(path("adapter.safetensors"), { ids, inputs: path("inputs.json"), model: adapted });
  await lowrank("merge", ...adapted, "--out", path("merged"));
  await writeLogits(path("merged.safetensors"), {
    ids,
    inputs: path("inputs.json"),
    model: ["--model", path("merged")],
  });

  const encoded = texts.map((text) => ({ text, ids: tokenizer.encode(text) }));
  await writeFile(path("texts.json"), JSON.stringify({ tokens, special, texts: encoded }));
  const of = (part: "adapter" | "merged") => ({ name, base: path("base"), folder: path(part) });
  return [
    ...(["adapter", "merged"] as const).map((part) => ({
      ...of(part),
      kind: "tokenizer" as const,
      expected: path("texts.json"),
    })),
    { ...of("adapter"), kind: "adapter", expected: path("adapter.safetensors"), ...(await vocabularyOf(path)) },
    { ...of("merged"), kind: "merged", expected: path("merged.safetensors") },
  ];
}

const lowrank = (...argv: readonly string[]) => run("src/lowrank.ts", ...argv);

async function run(program: string, ...argv: readonly string[]): Promise<void> {
  const node = ["--conditions=lowrank-source", "--import", "tsx", join(programs, program), ...argv];
  await promisify(execFile)(process.execPath, node, { env: { ...process.env, LOWRANK_ENGINE: "wasm" } });
}

/** One row of ids and its logits, by `npm run forward`. */
async function writeLogits(
  path: string,
  {
    ids,
    inputs,
    model,
  }: { readonly ids: readonly number[]; readonly inputs: string; readonly model: readonly string[] },
): Promise<void> {
  await writeFile(inputs, JSON.stringify({ input_ids: [ids] }));
  await run("test/forward/main.ts", ...model, "--inputs", inputs, "--out", `${path}.logits`);
  const file = parseSafetensors(await readFile(`${path}.logits`));
  const integers: TensorData = {
    dtype: "I32",
    shape: [1, ids.length],
    data: new Uint8Array(Int32Array.from(ids).buffer),
  };
  const logits = { ...file.tensors.get("logits")!, data: file.bytes("logits") };
  await writeFile(
    path,
    serializeSafetensors(
      new Map([
        ["input_ids", integers],
        ["logits", logits],
      ]),
    ),
  );
}

/** How many rows transformers' base must get before it takes the adapter, where it has fewer. */
async function vocabularyOf(path: (...parts: string[]) => string): Promise<{ readonly vocabulary?: number }> {
  const size = async (part: string): Promise<number> => {
    return JSON.parse(await readFile(path(part, "config.json"), "utf8")).vocab_size;
  };
  const [had, has] = [await size("base"), await size("merged")];
  return had === has ? {} : { vocabulary: has };
}
