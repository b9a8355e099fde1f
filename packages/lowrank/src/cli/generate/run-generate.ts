// lowrank generate: prompts in, text out as it comes.

import { escapeControls } from "@lowrank/contracts";
import { promptTemplate, type TextTokenizer } from "@lowrank/data";
import { generate, type PretrainedModel, type Sampling } from "@lowrank/models";
import { WrongTaskError } from "../../errors/model-errors.ts";
import { EmptyPromptError, UsageError } from "../../errors/usage-errors.ts";
import { TextStream } from "../../generate/text-stream.ts";
import { namingBrokenWeights } from "../../open/broken-weights.ts";
import { type OpenedModel, openModel } from "../../open/open-model.ts";
import { tokenizerOf } from "../../open/tokenizer-of.ts";
import { writesText } from "../../open/writes-text.ts";
import { encodePrompt, renderPrompt } from "../../rows/encode-prompt.ts";
import { endTokens } from "../../rows/end-tokens.ts";
import { checkPrompts } from "../../rows/rows-it-acts-on.ts";
import { chooseTemplate } from "../../rows/tokenize-rows.ts";
import type { GenerateOptions } from "../commands/generate.ts";
import { startEngine } from "../start-engine.ts";
import type { Report } from "../terminal/report.ts";

/** Continues the prompts as one batch. */
export async function runGenerate(options: GenerateOptions, report: Report): Promise<void> {
  if (options.stop?.includes("") === true) {
    throw new UsageError('--stop "" would end every text before its first token. Give at least one character.');
  }
  await startEngine(options, report);
  const opened = await openModel(options, report);
  try {
    refuseOtherTasks(opened.model);
    const tokenizer = await tokenizerOf(opened);
    await namingBrokenWeights(opened, () => continuePrompts(opened, tokenizer, { options, report }));
  } finally {
    opened.dispose();
  }
}

function refuseOtherTasks({ task, modelType }: PretrainedModel): void {
  if (writesText(task)) return;
  throw new WrongTaskError(modelType, task, "lowrank generate", "Use lowrank evaluate or lowrank forward with it.");
}

async function continuePrompts(
  opened: OpenedModel,
  tokenizer: TextTokenizer,
  { options, report }: { readonly options: GenerateOptions; readonly report: Report },
): Promise<void> {
  const { model, context } = opened;
  const reader = { tokenizer, task: model.task };
  const { prompt: prompts, maxNewTokens } = options;
  const template =
    options.template === undefined ? promptTemplate("plain") : chooseTemplate(options.template, [], reader);
  const streams = prompts.map(() => new TextStream(tokenizer));
  const isStreamed = prompts.length === 1;
  const show = (text: string) => {
    if (isStreamed) report.write(escapeControls(text));
  };
  const promptIds = prompts.map((prompt) => encodePrompt(renderPrompt(prompt, template), reader));
  if (promptIds.some((ids) => ids.length === 0)) throw new EmptyPromptError();
  checkPrompts(promptIds, { config: opened.adapter?.config, report });
  await generate(model, {
    promptIds,
    maxNewTokens,
    eosTokenIds: endTokens(model, tokenizer),
    context,
    ...samplingOf(options),
    ...(options.repetitionPenalty === undefined ? {} : { repetitionPenalty: options.repetitionPenalty }),
    ...(options.stop === undefined
      ? {}
      : { stopStrings: { strings: options.stop, decode: (ids) => tokenizer.decode(ids) } }),
    onToken: ({ prompt, id }) => {
      const text = streams[prompt]?.push(id) ?? "";
      report.emit({ type: "token", prompt, id, text });
      show(text);
    },
  });
  show(`${streams[0]?.end() ?? ""}\n`);
  for (const [index, stream] of streams.entries()) {
    report.emit({ type: "result", index, prompt: prompts[index], text: stream.text, ids: stream.ids });
    // An empty line alone looks like a failure of the program.
    if (stream.text.trim() === "") report.note(`${nameOf(index, prompts)}the model wrote nothing: it ended its text.`);
    if (isStreamed) continue;
    report.say(report.colors.bold(escapeControls(prompts[index] ?? "")));
    report.say(`${escapeControls(stream.text)}\n`);
  }
}

function nameOf(index: number, prompts: readonly string[]): string {
  return prompts.length === 1 ? "" : `prompt ${index + 1}: `;
}

/** Greedy unless one of the sampling options is there. */
function samplingOf({ temperature, topK, topP, minP, seed }: GenerateOptions): { sampling?: Sampling } {
  if ([temperature, topK, topP, minP].every((option) => option === undefined)) return {};
  return {
    sampling: {
      seed,
      ...(temperature === undefined ? {} : { temperature }),
      ...(topK === undefined ? {} : { topK }),
      ...(topP === undefined ? {} : { topP }),
      ...(minP === undefined ? {} : { minP }),
    },
  };
}
