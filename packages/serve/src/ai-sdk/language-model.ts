// A language model for Vercel's AI SDK, which runs in this process: no server, no HTTP.

import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4Content,
  LanguageModelV4FinishReason,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
  SharedV4Warning,
} from "@ai-sdk/provider";
import { wholeChoice } from "../answers/write-answer.ts";
import type { ChoiceEvent } from "../answers/written-choice.ts";
import type { ServedAdapter, ServedModel, ServedWriter } from "../served-model.ts";
import { answerEvents } from "../tools/tool-use.ts";
import { messagesOf, toolUseOf, unsupportedIn } from "./read-prompt.ts";

/** Which adapter writes, and how. */
interface LowrankOptions<Adapter> {
  /** Default: the base model. */
  readonly adapter?: Adapter | null | undefined;
  /** Prompt template; default: the adapter's, else the model's own chat template. */
  readonly template?: string | undefined;
}

/** The writer of each model, so that all calls share a batch. */
const writers = new WeakMap<object, unknown>();
/** Default maximum of new tokens, as in chat requests to the server. */
const defaultTokens = 512;

/**
 * A language model for `generateText`, `streamText` and `generateObject` of the AI SDK 7 (`LanguageModelV4`). Sampling settings that a
 * call does not have come from the model's generation_config.json; without them decoding is greedy. The caller disposes of `model`.
 *
 * @throws (in calls) PROMPT_PART_UNSUPPORTED for images and files; TOOLS_NOT_SUPPORTED; the errors of the model's writer
 */
export function lowrank<Adapter extends ServedAdapter>(
  model: ServedModel<Adapter>,
  { adapter = null, template }: LowrankOptions<NoInfer<Adapter>> = {},
): LanguageModelV4 {
  async function* events(options: LanguageModelV4CallOptions): AsyncGenerator<ChoiceEvent, void, undefined> {
    const { responseFormat: format, temperature, topP, topK, seed, stopSequences, abortSignal: signal } = options;
    const stop = stopSequences ?? model.defaults?.stop ?? [];
    const maxNewTokens = options.maxOutputTokens ?? model.defaults?.maxNewTokens ?? defaultTokens;
    const form = format?.type === "json" ? { schema: format.schema, json: format.schema === undefined } : {};
    const sampling = { temperature, topP, topK, seed };
    const writer = await writerOf(model);
    yield* answerEvents<Adapter>(model, (...asked) => writer.write(...asked), {
      prompt: { messages: messagesOf(options.prompt) },
      options: { adapter, template, maxNewTokens, ...sampling, stop, ...form, signal },
      use: toolUseOf(options),
      newId: () => crypto.randomUUID(),
    });
  }
  return {
    specificationVersion: "v4",
    provider: "lowrank",
    modelId: adapter?.name ?? model.name,
    supportedUrls: {},
    doGenerate: (options) => generated(events(options), unsupportedIn(options)),
    doStream: async (options) => ({ stream: streamOf(parts(events(options), unsupportedIn(options))) }),
  };
}

async function writerOf<Adapter extends ServedAdapter>(model: ServedModel<Adapter>): Promise<ServedWriter<Adapter>> {
  // The key is the model, whose writer this is.
  const known = writers.get(model) as ReturnType<typeof model.writer> | undefined;
  const writer = known ?? model.writer({});
  writers.set(model, writer);
  return writer;
}

async function generated(events: AsyncGenerator<ChoiceEvent, void, undefined>, warnings: SharedV4Warning[]) {
  const { text, calls, end } = await wholeChoice(events);
  const content: LanguageModelV4Content[] = text === "" ? [] : [{ type: "text", text }];
  for (const { id, name = "", arguments: input } of calls)
    content.push({ type: "tool-call", toolCallId: id, toolName: name, input });
  return { content, finishReason: finishReason(end.reason), usage: usageOf(end.promptTokens, end.tokens), warnings };
}

async function* parts(
  events: AsyncGenerator<ChoiceEvent, void, undefined>,
  warnings: SharedV4Warning[],
): AsyncGenerator<LanguageModelV4StreamPart, void, undefined> {
  yield { type: "stream-start", warnings };
  let open: { readonly id: string; readonly name?: string; input: string } | undefined;
  function* closed(): Generator<LanguageModelV4StreamPart> {
    const { id = "", name, input = "" } = open ?? {};
    if (name !== undefined) {
      yield { type: "tool-input-end", id };
      yield { type: "tool-call", toolCallId: id, toolName: name, input };
    } else if (open !== undefined) yield { type: "text-end", id };
    open = undefined;
  }
  try {
    for await (const event of events) {
      if (event.type === "end") {
        yield* closed();
        const usage = usageOf(event.promptTokens, event.tokens);
        yield { type: "finish", finishReason: finishReason(event.reason), usage };
      } else if (event.type === "call") {
        const { id, name, arguments: delta } = event;
        if (name !== undefined) {
          yield* closed();
          open = { id, name, input: "" };
          yield { type: "tool-input-start", id, toolName: name };
        }
        if (open !== undefined) open.input += delta;
        if (delta !== "") yield { type: "tool-input-delta", id, delta };
      } else if (event.text !== "") {
        if (open?.name !== undefined) yield* closed();
        if (open === undefined) yield { type: "text-start", id: "text" };
        open = { id: "text", input: "" };
        yield { type: "text-delta", id: "text", delta: event.text };
      }
    }
  } catch (error) {
    yield { type: "error", error };
  }
}

function finishReason(raw: Extract<ChoiceEvent, { type: "end" }>["reason"]): LanguageModelV4FinishReason {
  return { unified: raw === "tool_calls" ? "tool-calls" : raw, raw };
}

function usageOf(input: number, output: number): LanguageModelV4Usage {
  return {
    inputTokens: { total: input, noCache: input, cacheRead: undefined, cacheWrite: undefined },
    outputTokens: { total: output, text: output, reasoning: undefined },
  };
}

/** A reader that leaves ends the text. */
function streamOf<Part>(given: AsyncGenerator<Part, void, undefined>): ReadableStream<Part> {
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await given.next();
      if (done === true) controller.close();
      else controller.enqueue(value);
    },
    cancel: async () => void (await given.return()),
  });
}
