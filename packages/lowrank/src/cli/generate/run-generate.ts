// lowrank generate: prompts in, text out as it comes.

import { escapeControls } from "@lowrank/contracts";
import { UsageError } from "../../errors/usage-errors.ts";
import type { TextOptions } from "../../generate/text-rules.ts";
import type { OpenedModel } from "../../opened-model.ts";
import { withBase } from "../base-for.ts";
import type { CommandIo } from "../io.ts";
import { openModel } from "../open-model.ts";
import type { AdapterOptions, BasePrecisionOptions, EngineOptions } from "../options/shared-options.ts";
import { startEngine } from "../start-engine.ts";
import type { Report } from "../terminal/report.ts";
import { refuseOtherTasks } from "./refuse-other-tasks.ts";

/** The options of `lowrank generate`. */
export interface GenerateOptions extends EngineOptions, AdapterOptions, BasePrecisionOptions {
  readonly model?: string;
  readonly prompt: readonly string[];
  readonly template?: string;
  readonly system?: string;
  readonly maxNewTokens: number;
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly minP?: number;
  readonly repetitionPenalty?: number;
  readonly stop?: readonly string[];
  readonly seed: number;
}

/** Continues the prompts as one batch. */
export async function runGenerate(asked: GenerateOptions, report: Report): Promise<void> {
  const options = await withBase(asked, report);
  if (options.stop?.includes("") === true) {
    throw new UsageError('--stop "" would end every text before its first token. Give at least one character.');
  }
  await startEngine(options, report);
  const { model: path, adapter, allowDifferentBase, basePrecision } = options;
  const model = await openModel({ model: path, adapter, allowDifferentBase, basePrecision }, report);
  try {
    refuseOtherTasks(model.base, "Generating text");
    await continuePrompts(model, options, report);
  } finally {
    model.dispose();
  }
}

async function continuePrompts(model: OpenedModel, options: GenerateOptions, report: Report): Promise<void> {
  const prompts = await readPrompts(options.prompt, report.io);
  const isStreamed = prompts.length === 1;
  const show = (text: string) => {
    if (isStreamed) report.write(escapeControls(text));
  };
  for await (const event of model.stream(prompts, textOptions(options))) {
    const { prompt: index, text } = event;
    if (event.type === "token") {
      report.emit(event);
      show(text);
      continue;
    }
    show(`${event.rest}\n`);
    report.emit({ type: "result", index, prompt: prompts[index], text, ids: event.ids });
    // An empty line alone looks like a failure of the program.
    if (text.trim() === "") report.note(`${nameOf(index, prompts)}the model wrote nothing: it ended its text.`);
    if (isStreamed) continue;
    report.say(report.colors.bold(escapeControls(prompts[index] ?? "")));
    report.say(`${escapeControls(text)}\n`);
  }
}

/** "-" is what standard input says, but for the line break at its end. */
async function readPrompts(prompts: readonly string[], { stdin }: CommandIo): Promise<readonly string[]> {
  if (!prompts.includes("-")) return prompts;
  const pieces: Uint8Array[] = [];
  for await (const piece of stdin()) pieces.push(piece);
  const text = Buffer.concat(pieces)
    .toString("utf8")
    .replace(/\r?\n$/, "");
  return prompts.map((prompt) => (prompt === "-" ? text : prompt));
}

function nameOf(index: number, prompts: readonly string[]): string {
  return prompts.length === 1 ? "" : `prompt ${index + 1}: `;
}

function textOptions(options: GenerateOptions): TextOptions {
  const { template, system, maxNewTokens, temperature, topK, topP, minP, repetitionPenalty, stop, seed } = options;
  return { template, system, maxNewTokens, temperature, topK, topP, minP, repetitionPenalty, stop, seed };
}
