// JSONL, JSON, CSV and TSV, from a disk in pieces and from memory; both have to come to the same. A first line says which.

import { writeFileSync } from "node:fs";
import { LowrankError } from "@lowrank/contracts";
import { type Example, readCsv, readJson, readJsonl, readTsv } from "@lowrank/data";
import type { DataFormat } from "@lowrank/data/internal/node";
import { readDataFile } from "@lowrank/data/node";
import { hostileText, hostileTree } from "../inputs/hostile-values.ts";
import { treeOf, writeTree } from "../inputs/json-tree.ts";
import { mutateBytes } from "../inputs/mutate-bytes.ts";
import { mutateJson } from "../inputs/mutate-json.ts";
import type { Random } from "../inputs/random.ts";
import { demand, notAnInput, type Target } from "../target.ts";

const readers = new Map<string, (text: string) => Example[]>([
  ["jsonl", readJsonl],
  ["json", readJson],
  ["csv", readCsv],
  ["tsv", readTsv],
]);

/** A row of each form that is recognized. */
const rows = [
  { text: "Once upon a time." },
  { prompt: "2 + 2 =", completion: " 4" },
  { instruction: "Say hello.", input: "", output: "Hello." },
  {
    messages: [
      { role: "user", content: "Hi" },
      { role: "assistant", content: "Hello" },
    ],
  },
  {
    conversations: [
      { from: "human", value: "Hi" },
      { from: "gpt", value: "Hello" },
    ],
  },
  { sentence: "a fine film", label: 1 },
  { sentence1: "It rains.", sentence2: "It is wet.", label: "entailment" },
  { question: "Who?", context: "It was Ada.", answers: { text: ["Ada"], answer_start: [7] } },
  { input_ids: [1, 2, 3], labels: [-100, 2, 3], attention_mask: [1, 1, 1] },
].map(treeOf);

export const dataFiles: Target = {
  generate(random) {
    const format = random.pick([...readers.keys()]);
    const contents = new TextEncoder().encode(
      format.startsWith("json") ? jsonRows(format, random) : table(format, random),
    );
    const bytes = random.chance(0.15) ? mutateBytes(contents, random) : contents;
    return Buffer.concat([Buffer.from(`${format}\n`), bytes]);
  },

  async check(input, folder) {
    const lineEnd = input.indexOf(0x0a);
    const format = new TextDecoder().decode(input.subarray(0, Math.max(0, lineEnd)));
    const read = readers.get(format);
    if (read === undefined) notAnInput();
    const bytes = input.subarray(lineEnd + 1);
    const path = `${folder}/rows.${format}`;
    writeFileSync(path, bytes);
    const fromDisk = await outcome(() => readDataFile(path, { format: format as DataFormat, file: "data" }));
    const text = decode(bytes);
    if (text !== undefined) {
      const fromMemory = await outcome(() => read(text));
      demand(fromDisk.told === fromMemory.told, `read from a disk: ${fromDisk.told}, from memory: ${fromMemory.told}`);
    }
    if (fromDisk.error !== undefined) throw fromDisk.error;
    for (const example of fromDisk.examples ?? []) checkValues(example);
  },
};

function jsonRows(format: string, random: Random): string {
  const count = random.pick([0, 1, 1, 2, 3, 20]);
  const lines = Array.from({ length: count }, () => {
    if (random.chance(0.05)) return random.pick(["", " ", "{", "null", "\ufeff", writeTree(hostileTree(random))]);
    return writeTree(mutateJson(random.pick(rows), rows, random));
  });
  if (format === "json") return random.chance(0.95) ? `[${lines.join(",")}]` : lines.join(",");
  return lines.join(random.pick(["\n", "\n", "\r\n", "\r", "\n\n"]));
}

function table(format: string, random: Random): string {
  const separator = random.chance(0.95) ? (format === "csv" ? "," : "\t") : random.pick([";", ",", "\t"]);
  const names = random.pick([
    ["text"],
    ["prompt", "completion"],
    ["sentence", "label"],
    ["instruction", "input", "output"],
    ["sentence1", "sentence2", "label"],
  ]);
  const header = names.map((name) => (random.chance(0.02) ? hostileText(random) : name));
  const lines = random.list(8, () => names.map((name) => field(name, random)).join(separator));
  if (random.chance(0.1)) lines.push(field("text", random));
  const ends = random.pick(["\n", "\n", "\r\n", "\r"]);
  return (
    random.pick(["", "", "", "\ufeff"]) + [header.join(separator), ...lines].join(ends) + random.pick(["", ends, "\r"])
  );
}

function field(name: string, random: Random): string {
  const text = name === "label" ? random.pick(["0", "1", "1", "2.5", "-1", "yes"]) : random.pick(["a b", "", "é🦙"]);
  const value = random.chance(0.05) ? hostileText(random) : text;
  if (!random.chance(0.3)) return value;
  return random.chance(0.9) ? `"${value.replaceAll('"', '""')}${random.pick(["", "\n", ","])}"` : `"${value}`;
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

interface Outcome {
  readonly examples?: readonly Example[];
  readonly error?: LowrankError;
  /** What came of it, to be compared. */
  readonly told: string;
}

async function outcome(read: () => Example[] | Promise<Example[]>): Promise<Outcome> {
  try {
    const examples = await read();
    return { examples, told: JSON.stringify(examples) };
  } catch (error) {
    if (!LowrankError.isInstance(error)) throw error;
    return { error, told: error.code };
  }
}

/** Whatever the form, a row's values are texts and finite numbers, and its tokens are whole ones. */
function checkValues(value: unknown): void {
  if (typeof value === "number") demand(Number.isFinite(value), "a row holds a number that is not finite");
  else if (typeof value === "object" && value !== null) for (const inner of Object.values(value)) checkValues(inner);
  else demand(typeof value === "string" || value === undefined, `a row holds ${JSON.stringify(value)}`);
}
