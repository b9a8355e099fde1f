// From what a data file means to rows of the table: something that is said, and the answer.

import type { ChatExample, Example } from "@lowrank/data";
import type { Row, Turn } from "../../protocol/rows.ts";
import { RowsKindError } from "./errors.ts";

type Pair = Omit<Row, "id">;

/** Rows with ids of their own. Throws RowsKindError that names those of another kind. */
export function rowsOfExamples(file: string, examples: readonly Example[]): readonly Row[] {
  const rows: Row[] = [];
  const problems: { readonly row: number; readonly kind: string }[] = [];
  for (const [index, example] of examples.entries()) {
    const pair = pairOf(example);
    if (typeof pair === "string") problems.push({ row: index + 1, kind: pair });
    else rows.push({ id: crypto.randomUUID(), ...pair });
  }
  if (problems.length > 0) throw new RowsKindError(file, problems.slice(0, 10), problems.length);
  return rows;
}

/** The pair, or what the row is instead. */
function pairOf(example: Example): Pair | string {
  switch (example.kind) {
    case "completion":
      return { says: example.prompt.trim().replace(/\s*->$/, ""), answers: example.completion.trim() };
    case "instruction":
      return {
        says: [example.instruction, example.input].filter(Boolean).join("\n").trim(),
        answers: example.output.trim(),
      };
    case "question":
      return { says: `${example.context}\n${example.question}`.trim(), answers: example.answers[0]?.text ?? "" };
    case "sentence":
      return { says: [example.sentence, example.pair].filter(Boolean).join("\n"), answers: String(example.label) };
    case "chat":
      return lastPair(example);
    case "preference":
      return pairOf(example.chosen);
    case "judged":
      return example.isGood ? pairOf(example.answer) : "an answer that is not good";
    case "choice":
      return "answers to choose from";
    case "comparison":
      return "texts to compare";
    case "image":
      return "a picture";
    case "audio":
    case "speech":
      return "speech";
    case "text":
      return "running text";
    case "tokens":
    case "span":
      return "tokens instead of text";
  }
}

/** The last answer and what it answers; what came earlier stays with it, and is taught too where the assistant said it. */
function lastPair({ messages }: ChatExample): Pair | string {
  const known = messages.map(turnOf);
  const strange = known.indexOf(undefined);
  if (strange !== -1) return `a turn of "${messages[strange]?.role}"`;
  const turns = known.filter((turn) => turn !== undefined);
  const last = turns.map(({ role }) => role).lastIndexOf("assistant");
  const [answer, asked] = [turns[last], turns[last - 1]];
  if (answer === undefined || asked?.role !== "user") return "an answer of the assistant that nobody asked for";
  const before = turns.slice(0, last - 1);
  return { says: asked.content, answers: answer.content, ...(before.length === 0 ? {} : { before }) };
}

function turnOf({ role, content }: { readonly role: string; readonly content: string }): Turn | undefined {
  return role === "system" || role === "user" || role === "assistant" ? { role, content } : undefined;
}
