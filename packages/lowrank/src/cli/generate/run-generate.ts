// lowrank generate: prompts in, text out as it comes.

import { readFile } from "node:fs/promises";
import { escapeControls, isObject, parseJson } from "@lowrank/contracts/internal";
import { UsageError } from "../../errors/usage-errors.ts";
import type { TextEvent } from "../../generate/continue-prompts.ts";
import { plainPrompt, type TextPrompt } from "../../generate/prompt-ids.ts";
import { parsePrompts } from "../../generate/read-prompts.ts";
import type { TextOptions } from "../../generate/text-rules.ts";
import { omitUndefined } from "../../omit-undefined.ts";
import type { OpenedModel } from "../../opened-model.ts";
import { withBase } from "../base-for.ts";
import type { CommandIo } from "../io.ts";
import { refuseOtherTasks } from "../open-model.ts";
import type { SamplingOptions } from "../options/sampling-options.ts";
import type { ModelOptions } from "../options/shared-options.ts";
import { withOpenModel } from "../start-engine.ts";
import type { Report } from "../terminal/report.ts";

export interface GenerateOptions extends ModelOptions, SamplingOptions {
  readonly prompt?: readonly string[];
  readonly prompts?: string;
  readonly image?: readonly string[];
  readonly batchSize: number;
  readonly template?: string;
  readonly system?: string;
  readonly stop?: readonly string[];
  readonly jsonSchema?: string;
  readonly logprobs?: number;
  readonly seed: number;
}

export async function runGenerate(requested: GenerateOptions, report: Report): Promise<void> {
  if (requested.prompt === undefined && requested.prompts === undefined) throw noPrompt(requested);
  const options = await withBase(requested, report);
  if (options.stop?.includes("") === true) {
    throw new UsageError('--stop "" would end every text before its first token. Give at least one character.');
  }
  const schema = options.jsonSchema === undefined ? undefined : await readSchema(options.jsonSchema);
  await withOpenModel(options, report, async (model) => {
    refuseOtherTasks(model.base, "Generating text");
    await continuePrompts(model, { ...options, ...omitUndefined({ schema }) }, report);
  });
}

interface WithSchema extends GenerateOptions {
  readonly schema?: object;
}

async function continuePrompts(model: OpenedModel, options: WithSchema, report: Report): Promise<void> {
  const prompts = await readPrompts(options, report.io);
  const isStreamed = prompts.length === 1;
  const { chatTemplate } = await model.tokenizer();
  const template = options.template ?? model.adapters.at(-1)?.opened.setup?.template ?? model.opened.setup?.template;
  const isChat = chatTemplate !== undefined && model.base.task === "causal-lm";
  if (isChat && template === undefined && prompts.some((prompt) => typeof prompt === "string")) {
    report.note("Prompts are written in the model's own chat template; --template plain continues them as they are.");
  }
  const advice = isChat && template === "plain" ? " A chat model answers with --template chat." : "";
  for (let first = 0; first < prompts.length; first += options.batchSize) {
    const batch = prompts.slice(first, first + options.batchSize);
    for await (const event of model.stream(batch, textOptions(options))) {
      const index = first + event.prompt;
      if (event.type === "token") report.emit({ ...event, prompt: index });
      if (isStreamed) report.write(escapeControls(event.type === "token" ? event.text : `${event.rest}\n`));
      if (event.type === "end") tellText({ ...event, index, prompt: prompts[index] ?? "", isStreamed, advice }, report);
    }
  }
}

interface WrittenText extends Pick<Extract<TextEvent, { type: "end" }>, "text" | "ids" | "reason"> {
  readonly index: number;
  readonly prompt: TextPrompt;
  /** Whether people have seen it already. */
  readonly isStreamed: boolean;
  readonly advice: string;
}

function tellText({ index, prompt, text, ids, reason, isStreamed, advice }: WrittenText, report: Report): void {
  report.emit({ type: "result", index, prompt, text, ids, reason });
  // An empty line alone looks like a failure of the program.
  const name = isStreamed ? "" : `prompt ${index + 1}: `;
  if (text.trim() === "") report.note(`${name}the model wrote nothing: its first token ended the text.${advice}`);
  if (isStreamed) return;
  report.print(report.colors.bold(escapeControls(promptText(prompt))));
  report.print(`${escapeControls(text)}\n`);
}

function promptText(prompt: TextPrompt): string {
  const plain = plainPrompt(prompt);
  return typeof plain === "string" ? plain : (plain.messages.at(-1)?.content ?? "");
}

/** The prompts of the options, then those of the file. "-" is standard input without its last line break. */
async function readPrompts({ prompt = [], prompts: file, image = [] }: GenerateOptions, io: CommandIo) {
  const prompts: TextPrompt[] = [];
  for (const text of prompt)
    prompts.push(withImages(text === "-" ? (await readStdin(io)).replace(/\r?\n$/, "") : text, image));
  if (file !== undefined)
    prompts.push(...parsePrompts(file === "-" ? await readStdin(io) : await readFile(file, "utf8"), file));
  if (prompts.length === 0) throw noPrompt({});
  return prompts;
}

/** A question about images, which come before it. */
function withImages(text: string, files: readonly string[]): TextPrompt {
  if (files.length === 0) return text;
  const images = files.map((image) => ({ type: "image", image }) as const);
  return { messages: [{ role: "user", content: [...images, { type: "text", text }] }] };
}

function noPrompt({ adapter = [] }: Pick<GenerateOptions, "adapter">): UsageError {
  const last = JSON.stringify(adapter.at(-1)?.adapter);
  const why = adapter.length < 2 ? "" : ` ${last} was read as an adapter, because --adapter takes several.`;
  return new UsageError(`There is no prompt.${why} Give --prompt, or --prompts with a file that has some.`);
}

async function readStdin({ stdin }: CommandIo): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stdin()) pieces.push(piece);
  return Buffer.concat(pieces).toString("utf8");
}

async function readSchema(file: string): Promise<object> {
  const schema: unknown = await readFile(file, "utf8")
    .then((text) => parseJson(text))
    .catch((error: Error) => {
      throw new UsageError(`--json-schema "${file}" cannot be read: ${error.message}`);
    });
  if (!isObject(schema)) throw new UsageError(`--json-schema "${file}" has no object. Expected a JSON schema.`);
  return schema;
}

function textOptions(options: WithSchema): TextOptions {
  const { template, system, maxNewTokens, temperature, topK, topP, minP, repetitionPenalty, stop, seed } = options;
  const { logprobs, schema } = options;
  const sampling = { temperature, topK, topP, minP, repetitionPenalty, seed };
  return { template, system, maxNewTokens, ...sampling, stop, logprobs, schema };
}
