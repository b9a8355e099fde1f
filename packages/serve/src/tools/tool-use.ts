// How one request uses tools: what the model reads about them, and how its calls are read.

import { type ChoiceEvent, choiceEvents } from "../answers/written-choice.ts";
import { RequestError } from "../errors.ts";
import type {
  ServedAdapter,
  ServedModel,
  ServedPrompt,
  ServedTool,
  ServedWriter,
  WriteOptions,
} from "../served-model.ts";
import { CallReader } from "./call-reader.ts";
import { type ToolFormat, toolFormat } from "./tool-formats.ts";

/** The tools of a request. */
export interface ToolUse {
  readonly tools: readonly ServedTool[];
  /** Which calls the answer may have: none, any, at least one, or one of the named tool. */
  readonly choice: "none" | "auto" | "required" | { readonly name: string };
  /** Whether the answer may have several calls. */
  readonly isParallel: boolean;
}

/** The prompt, the options and the tools of an answer. */
interface AnswerRequest<Adapter> {
  readonly prompt: ServedPrompt;
  readonly options: WriteOptions<NoInfer<Adapter>>;
  readonly use: ToolUse;
  /** Makes the id of a call. */
  newId(): string;
}

/** OpenAI's limit. */
export const maxTools = 128;

const anyObject = { type: "object" };

/**
 * The events of an answer, with calls instead of their texts. An answer that must be JSON may be a call instead, which is JSON, too.
 * Throws RequestError if the chat template does not write tools, and the writer's errors.
 */
export async function* answerEvents<Adapter extends ServedAdapter>(
  model: Pick<ServedModel<Adapter>, "chatTemplate">,
  write: ServedWriter<Adapter>["write"],
  { prompt, options, use, newId }: AnswerRequest<Adapter>,
): AsyncGenerator<ChoiceEvent, void, undefined> {
  if (typeof prompt === "string" || use.tools.length === 0 || use.choice === "none")
    return yield* choiceEvents(write(prompt, options), options);
  const answer = options.schema ?? (options.json ? anyObject : undefined);
  const { schema = options.schema, reader } = prepareTools(use, await model.chatTemplate?.(options), answer);
  const written = write({ ...prompt, tools: use.tools }, { ...options, schema, json: undefined });
  yield* withCalls(choiceEvents(written, options), reader, newId);
}

/** A reader of the answer, and the JSON Schema of one that must be a call, or a call or JSON. */
function prepareTools(
  { tools, choice, isParallel }: ToolUse,
  template: string | undefined,
  answer: object | undefined,
): { readonly schema?: object; readonly reader: CallReader } {
  const format = toolFormat(template ?? "");
  if (format === undefined) throw unsupported(template);
  const known = new Map(tools.map(({ function: { name, parameters } }) => [name, parameters]));
  const maxCalls = isParallel ? maxTools : 1;
  if (choice === "auto" && answer === undefined) return { reader: new CallReader({ format, tools: known, maxCalls }) };
  const callable = typeof choice === "object" ? tools.filter((tool) => tool.function.name === choice.name) : tools;
  const makers = callable.map((tool) => (pointer: string) => callSchema(tool, { ...format, pointer }));
  if (choice === "auto") makers.push((pointer) => moved(answer, pointer));
  const schemas = makers.map((make, index) => make(makers.length === 1 ? "" : `/anyOf/${index}`));
  const forced = { ...format, isBare: true };
  return {
    schema: schemas.length === 1 ? (schemas[0] as object) : { anyOf: schemas },
    reader: new CallReader({ format: forced, tools: known, maxCalls: 1 }),
  };
}

/** A forced call is JSON without the template's marks, which no schema describes. `pointer`: the JSON pointer to this schema. */
function callSchema(
  { function: { name, parameters } }: ServedTool,
  { argumentsKey, pointer }: ToolFormat & { readonly pointer: string },
): object {
  const schema = moved(parameters, `${pointer}/properties/${argumentsKey}`);
  return {
    type: "object",
    properties: { name: { const: name }, [argumentsKey]: schema },
    required: ["name", argumentsKey],
    additionalProperties: false,
  };
}

/** A schema as a part of another one: its references start at its own root. */
function moved(schema: unknown, pointer: string): object {
  return JSON.parse(JSON.stringify(schema), (key, value) =>
    key === "$ref" && typeof value === "string" && value.startsWith("#") ? `#${pointer}${value.slice(1)}` : value,
  );
}

function unsupported(template: string | undefined): RequestError {
  const known = template?.includes("tools") ? "calls of tools in a known form" : "tools";
  const found = template === undefined ? "no chat template" : `a chat template without ${known}`;
  const message = `This model has ${found}. Use one that was trained to call tools, such as Qwen 2.5, or leave out tools.`;
  return new RequestError(400, "TOOLS_NOT_SUPPORTED", message, "tools");
}

async function* withCalls(
  events: AsyncGenerator<ChoiceEvent, void, undefined>,
  reader: CallReader,
  newId: () => string,
): AsyncGenerator<ChoiceEvent, void, undefined> {
  const ids: string[] = [];
  const asEvent = (part: ReturnType<CallReader["push"]>[number]): ChoiceEvent => {
    if (part.type === "text") return { type: "piece", text: part.text };
    // Mistral's templates accept only ids of nine letters and digits.
    const id = ids[part.index] ?? newId().replaceAll("-", "").slice(0, 9);
    ids[part.index] = id;
    return { ...part, id };
  };
  for await (const event of events) {
    if (event.type === "piece") {
      if (event.report !== undefined) yield { ...event, text: "" };
      yield* reader.push(event.text).map(asEvent);
      continue;
    }
    yield* reader.end().map(asEvent);
    const isCall = reader.calls > 0 && event.type === "end" && event.reason === "stop";
    yield isCall ? { ...event, reason: "tool_calls" } : event;
  }
}
