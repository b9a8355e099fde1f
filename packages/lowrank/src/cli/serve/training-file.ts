// Files to train on as OpenAI's API has them: conversations, or an input with a preferred and another output.

import { createReadStream } from "node:fs";
import { LowrankError } from "@lowrank/contracts";
import { isObject, jsonIn } from "@lowrank/contracts/internal";
import { LineSplitter, readLimits } from "@lowrank/data/internal";
import { streamDataFile } from "@lowrank/data/node";
import { writeFileAtomic } from "@lowrank/safetensors/node";
import type { FineTuner } from "@lowrank/serve";

type Method = Awaited<ReturnType<FineTuner["check"]>>;

/** A file of a client. */
export interface TrainingFile {
  readonly path: string;
  /** The client's name of the file, for messages. */
  readonly name: string;
  /** Where the rows are written with lowrank's names, line for line; undefined: nowhere. */
  readonly out?: string | undefined;
}

/** What a client's file has. */
export interface TrainingRows {
  readonly method: Method;
  readonly rows: number;
}

/** Maximum lines of a file, empty ones too. */
const maxLines = 1_000_000;

const wantedRows = '"messages", or "input" with "preferred_output" and "non_preferred_output"';

/** Names in messages about a row: TRL's, which the reader has, and OpenAI's. */
const names: readonly (readonly [string, string])[] = [
  ['"prompt"', '"input.messages"'],
  ['"chosen"', '"preferred_output"'],
  ['"rejected"', '"non_preferred_output"'],
];

/** Reads a file piece by piece. Throws TRAINING_FILE for broken lines, rows of another kind, mixed rows, a file without any, and one that is too large. */
export async function readTrainingFile({ path, name, out }: TrainingFile): Promise<TrainingRows> {
  try {
    const method = await methodOf({ path, name });
    const unread: Uint8Array[] = [];
    let rows = 0;
    async function* checked(): AsyncGenerator<Uint8Array> {
      for await (const lines of linesOf({ path, name })) {
        const bytes = new TextEncoder().encode(lines.map((line) => `${ofMethod(line, method)}\n`).join(""));
        unread.push(bytes);
        yield bytes;
      }
    }
    async function* read(): AsyncGenerator<Uint8Array> {
      // A client's row never reads a file or asks a host.
      const options = { file: name, format: "jsonl", locate: () => undefined } as const;
      for await (const _ of streamDataFile(checked(), { ...options, asPrompts: method === "reinforcement" })) {
        rows += 1;
        yield* unread.splice(0);
      }
      yield* unread.splice(0);
    }
    if (out === undefined) for await (const _ of read());
    else await writeFileAtomic(out, read(), { overwrite: true });
    return { method, rows };
  } catch (error) {
    const isReaders =
      LowrankError.isInstance(error) && error.code !== "TRAINING_FILE" && !error.code.startsWith("DISK");
    if (!isReaders) throw error;
    throw refusal(names.reduce((words, [own, theirs]) => words.replaceAll(own, theirs), error.message));
  }
}

function refusal(message: string): LowrankError {
  return new LowrankError("TRAINING_FILE", message);
}

interface TrainingLine {
  readonly number: number;
  readonly text: string;
  /** Undefined for an empty line, and for a line that is no object, which lowrank's reader reports. */
  readonly method?: Method;
}

/** The method of the first row. */
async function methodOf(file: Pick<TrainingFile, "path" | "name">): Promise<Method> {
  let isEmpty = true;
  for await (const lines of linesOf(file)) {
    const method = lines.find((line) => line.method !== undefined)?.method;
    if (method !== undefined) return method;
    isEmpty &&= lines.every(({ text }) => text === "");
  }
  if (isEmpty) throw refusal(`The file has no rows. Each line is an object with ${wantedRows}.`);
  return "supervised";
}

function ofMethod({ number, text, method }: TrainingLine, wanted: Method): string {
  if (method === undefined || method === wanted) return text;
  throw refusal(
    `line ${number}: the row is for the method "${method}", and the rows before it are for "${wanted}". ` +
      "Use one kind of rows in a file. A supervised conversation ends with the assistant's message.",
  );
}

/** The lines for lowrank's reader, a few at a time. */
async function* linesOf({ path, name }: Pick<TrainingFile, "path" | "name">): AsyncGenerator<readonly TrainingLine[]> {
  const lines: TrainingLine[] = [];
  const splitter = new LineSplitter(readLimits({ file: name }), (line, number) => {
    if (number > maxLines) throw refusal(`The file has more than ${maxLines} lines. Upload fewer rows.`);
    lines.push({ number, ...trainingRow(line, number) });
  });
  const decoder = new TextDecoder("utf-8", { fatal: true });
  for await (const bytes of createReadStream(path)) {
    splitter.push(decoded(decoder, bytes));
    yield lines.splice(0);
  }
  splitter.push(decoded(decoder));
  splitter.end();
  yield lines;
}

function decoded(decoder: TextDecoder, bytes?: Uint8Array): string {
  try {
    return decoder.decode(bytes, { stream: bytes !== undefined });
  } catch (cause) {
    throw new LowrankError("TRAINING_FILE", "The file is not UTF-8 text. Upload JSON Lines.", { cause });
  }
}

function trainingRow(line: string, number: number): Pick<TrainingLine, "text" | "method"> {
  if (line.trim() === "") return { text: "" };
  const row = jsonIn(line);
  if (!isObject(row)) return { text: line };
  // A reinforcement row ends with a question, and its other fields are for the grader.
  const last: unknown = Array.isArray(row.messages) ? row.messages.at(-1) : undefined;
  if (isObject(last) && last.role === "user") return { text: line, method: "reinforcement" };
  if ("messages" in row)
    return { text: JSON.stringify({ messages: row.messages, tools: row.tools }), method: "supervised" };
  if (!("preferred_output" in row) || !("non_preferred_output" in row)) {
    const found = Object.keys(row).map((key) => JSON.stringify(key.slice(0, 40)));
    throw refusal(`line ${number}: found the fields ${found.slice(0, 8).join(", ")}; expected ${wantedRows}.`);
  }
  const { messages: prompt = [], tools } = isObject(row.input) ? row.input : {};
  const { preferred_output: chosen, non_preferred_output: rejected } = row;
  return { text: JSON.stringify({ prompt, chosen, rejected, tools }), method: "dpo" };
}
