// Files to train on as OpenAI's API has them: conversations, or an input with a preferred and another output.

import { LowrankError } from "@lowrank/contracts";
import { isObject, jsonIn } from "@lowrank/contracts/internal";
import { DataError, readJsonl } from "@lowrank/data";
import type { FineTuner } from "@lowrank/serve";

type Method = Awaited<ReturnType<FineTuner["check"]>>;

export interface TrainingFile {
  readonly method: Method;
  /** The rows as JSON Lines with lowrank's names, line for line. */
  readonly text: string;
}

const wantedRows = '"messages", or "input" with "preferred_output" and "non_preferred_output"';

/** Names in messages about a row: TRL's, which the reader has, and OpenAI's. */
const names: readonly (readonly [string, string])[] = [
  ['"prompt"', '"input.messages"'],
  ['"chosen"', '"preferred_output"'],
  ['"rejected"', '"non_preferred_output"'],
];

/** Throws TRAINING_FILE for broken lines, rows of another kind, mixed rows, and a file without any; DATA_UNREADABLE_FILE for a file that is too large. */
export function readTrainingFile(name: string, content: Uint8Array): TrainingFile {
  const lines = decoded(content).split("\n");
  const rows = lines.map(trainingRow);
  const method = rows.find((row) => row.method !== undefined)?.method;
  const other = rows.findIndex((row) => row.method !== undefined && row.method !== method);
  if (other >= 0)
    throw refusal(
      `line ${other + 1}: the row is for the method "${rows[other]?.method}", and the rows before it are for "${method}". ` +
        "Use one kind of rows in a file. A supervised conversation ends with the assistant's message.",
    );
  const text = rows.map((row) => row.text).join("\n");
  try {
    // A client's row never reads a file or asks a host.
    const locate = () => undefined;
    readJsonl(text, { file: name, locate, ...(method === "reinforcement" && { asPrompts: true }) });
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    const message = names.reduce((words, [own, theirs]) => words.replaceAll(own, theirs), error.message);
    throw refusal(message);
  }
  if (method === undefined) throw refusal(`The file has no rows. Each line is an object with ${wantedRows}.`);
  return { method, text };
}

function refusal(message: string): LowrankError {
  return new LowrankError("TRAINING_FILE", message);
}

function decoded(content: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(content);
  } catch (cause) {
    throw new LowrankError("TRAINING_FILE", "The file is not UTF-8 text. Upload JSON Lines.", { cause });
  }
}

/** A line for lowrank's reader, which reports lines that are not JSON. */
function trainingRow(line: string, index: number): { readonly text: string; readonly method?: Method } {
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
    throw refusal(`line ${index + 1}: found the fields ${found.slice(0, 8).join(", ")}; expected ${wantedRows}.`);
  }
  const { messages: prompt = [], tools } = isObject(row.input) ? row.input : {};
  const { preferred_output: chosen, non_preferred_output: rejected } = row;
  return { text: JSON.stringify({ prompt, chosen, rejected, tools }), method: "dpo" };
}
