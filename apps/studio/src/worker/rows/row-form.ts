// Renders rows and prompts for the open model: with its own chat template, or as `says ->` and the answer. The
// arrow separates both for models without turns.

import { itemized, LowrankError } from "@lowrank/contracts";
import {
  type ChatExample,
  type ChatMessage,
  chatTemplate,
  type Example,
  type PromptTemplate,
  promptTemplate,
} from "@lowrank/data";
import type { Row, Turn } from "../../protocol/rows.ts";
import type { LoadedModel } from "../worker-state.ts";

/** The name of the template, as the library's `train` and `generate` take it. */
export function templateName({ facts }: Pick<LoadedModel, "facts">): "chat" | "plain" {
  return facts.chats ? "chat" : "plain";
}

/** The template itself. Throws TemplateError if the model's own is no Jinja. */
export async function templateOf(model: LoadedModel): Promise<PromptTemplate> {
  const { chatTemplate: source, bosToken, eosToken } = await model.opened.tokenizer();
  if (!model.facts.chats || source === undefined) return promptTemplate("plain");
  return chatTemplate(source, {
    ...(bosToken === undefined ? {} : { bosToken }),
    ...(eosToken === undefined ? {} : { eosToken }),
  });
}

/** A row as a data file would have it. */
export function exampleOf({ before = [], says, answers }: Row, { chats }: { readonly chats: boolean }): Example {
  if (chats) {
    const messages: ChatMessage[] = [
      ...before,
      { role: "user", content: says.trim() },
      { role: "assistant", content: answers.trim() },
    ];
    return { kind: "chat", messages };
  }
  const promptText = [...before.map(({ content }) => content), says].map((text) => text.trim()).join("\n");
  return { kind: "completion", prompt: plainPrompt(promptText), completion: ` ${answers.trim()}` };
}

/** The prompt for a model without a chat template. */
export function plainPrompt(says: string): string {
  return `${says.trim().replace(/\s*->$/, "")} ->`;
}

type Pair = Omit<Row, "id">;

/** Rows with new ids. Throws ROWS_OF_ANOTHER_KIND that names rows of another kind. */
export function rowsOfExamples(file: string, examples: readonly Example[]): readonly Row[] {
  const rows: Row[] = [];
  const problems: { readonly row: number; readonly kind: string }[] = [];
  for (const [index, example] of examples.entries()) {
    const pair = pairOf(example);
    if (typeof pair === "string") problems.push({ row: index + 1, kind: pair });
    else rows.push({ id: crypto.randomUUID(), ...pair });
  }
  if (problems.length > 0) {
    const lines = problems.slice(0, 10).map(({ row, kind }) => `row ${row}: ${kind}`);
    throw new LowrankError(
      "ROWS_OF_ANOTHER_KIND",
      `"${file}" has rows without a message and its answer:${itemized(lines, problems.length)}\nExpected prompt and completion, question and answer, instruction and output, or messages.`,
    );
  }
  return rows;
}

/** The message and its answer, or the kind of the row. */
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
    case "prompt":
      return "a prompt without an answer";
    case "text":
      return "running text";
    case "tokens":
    case "span":
      return "tokens instead of text";
  }
}

/** The last answer and its question, with the earlier turns; earlier answers of the assistant are taught, too. */
function lastPair({ messages }: ChatExample): Pair | string {
  const known = messages.map(turnOf);
  const strange = known.indexOf(undefined);
  if (strange !== -1) return `a turn of "${messages[strange]?.role}"`;
  const turns = known.filter((turn) => turn !== undefined);
  const last = turns.map(({ role }) => role).lastIndexOf("assistant");
  const [answer, question] = [turns[last], turns[last - 1]];
  if (answer === undefined || question?.role !== "user") return "an answer of the assistant without a question";
  const before = turns.slice(0, last - 1);
  return { says: question.content, answers: answer.content, ...(before.length === 0 ? {} : { before }) };
}

function turnOf({ role, content }: { readonly role: string; readonly content: string }): Turn | undefined {
  return role === "system" || role === "user" || role === "assistant" ? { role, content } : undefined;
}

const says = ["says", "prompt", "question", "instruction", "input", "user", "mr", "source", "q"];
const answers = ["answers", "answer", "completion", "response", "output", "assistant", "ref", "target", "a"];

/** Options for a reader of @lowrank/data: the columns of both, or that the first line is already a row. */
export interface ColumnChoice {
  readonly columns?: { readonly prompt: string; readonly completion: string };
  readonly header?: readonly ["prompt", "completion"];
}

/** The columns by their names; empty if the library's own forms fit, or its error explains the problem. */
export function knownColumns(names: readonly string[]): ColumnChoice {
  const find = (known: readonly string[]) => names.find((name) => known.includes(name.trim().toLowerCase()));
  const [prompt, completion] = [find(says), find(answers)];
  if (prompt === undefined || completion === undefined || isAlpacaOrSquad(names)) return {};
  return { columns: { prompt, completion } };
}

/**
 * How to read a table with this first line. Two columns need no known names: `hasHeader` says whether the first line has
 * names all the same (a file), or is a row (copied cells).
 */
export function tableColumns(
  firstLine: readonly string[],
  { hasHeader }: { readonly hasHeader: boolean },
): ColumnChoice {
  const names = firstLine.map((name) => name.trim());
  const known = knownColumns(names);
  const [first = "", second = ""] = names;
  if (known.columns !== undefined || names.length !== 2 || isClass(second)) return known;
  return hasHeader ? { columns: { prompt: first, completion: second } } : { header: ["prompt", "completion"] };
}

/** Forms of three columns, which the library reads. */
function isAlpacaOrSquad(names: readonly string[]): boolean {
  return ["instruction", "input", "output"].every((name) => names.includes(name)) || names.includes("context");
}

/** A sentence and its class is a form too. */
function isClass(name: string): boolean {
  return name === "label";
}
