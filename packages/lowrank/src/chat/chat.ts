// A conversation with a model, turn by turn.

import type { ChatMessage } from "@lowrank/data";
import { messagesIn } from "@lowrank/data/internal";
import { PrefixCache } from "@lowrank/models/internal";
import { noTurn } from "../errors/library-errors.ts";
import { ChatTemplateMissingError } from "../errors/model-errors.ts";
import type { TextEvent } from "../generate/continue-prompts.ts";
import { maxNewTokensInFile } from "../generate/file-defaults.ts";
import type { PartMessage } from "../generate/prompt-ids.ts";
import type { TextOptions } from "../generate/text-rules.ts";
import { positionLimit } from "../open/position-limit.ts";
import type { OpenedAdapter } from "../opened-adapter.ts";
import type { OpenedModel, SelectedAdapter } from "../opened-model.ts";
import { isConversing } from "../rows/tokens/choose-template.ts";

/** Generation options and earlier messages. */
export interface ChatOptions extends Omit<TextOptions, "prefix" | "signal">, SelectedAdapter {
  /** The system prompt. */
  readonly system?: string | undefined;
  /** Earlier messages, to continue from. */
  readonly messages?: readonly ChatMessage[] | undefined;
}

/** Stops an answer; the text so far stays. */
export interface TurnOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Default maximum of new tokens, if neither the options nor the model's files set one. */
const defaultTokens = 512;

/**
 * A conversation. It caches keys and values, so a turn only computes the new tokens, as long as the same
 * adapter answers. The caller disposes of it; the model is not disposed of.
 *
 * @example
 * ```ts
 * import { Chat, type OpenedModel } from "lowrank";
 *
 * export async function talk(model: OpenedModel, questions: readonly string[]): Promise<string> {
 *   const chat = new Chat(model, { system: "You are a pirate.", maxNewTokens: 100 });
 *   for (const question of questions)
 *     for await (const event of chat.send(question)) if (event.type === "token") process.stdout.write(event.text);
 *   chat.dispose();
 *   return chat.messages.at(-1)?.content ?? "";
 * }
 * ```
 */
export class Chat {
  readonly #model: OpenedModel;
  readonly #prefix = new PrefixCache();
  readonly #options: Omit<TextOptions, "prefix" | "signal">;
  #choice: SelectedAdapter;
  /** The chat template of the adapter that answered before. */
  #templateBefore: string | undefined;
  #messages: readonly ChatMessage[];
  #turns = 0;
  /** Whether a system prompt was set, even an empty one; else the adapter's own is used. */
  #hasSystem = false;

  constructor(model: OpenedModel, { system, messages = [], adapter, strength, ...options }: ChatOptions = {}) {
    this.#model = model;
    this.#options = options;
    this.#choice = { adapter, strength };
    this.#messages = messages;
    if (system !== undefined) this.system = system;
  }

  /** All messages, the system prompt first. */
  get messages(): readonly ChatMessage[] {
    return this.#messages;
  }

  /** The system prompt. */
  get system(): string | undefined {
    return this.#messages.find(({ role }) => role === "system")?.content;
  }

  /** Replaces the system prompt and keeps the messages; an empty text removes it. */
  set system(content: string | undefined) {
    const rest = this.#messages.filter(({ role }) => role !== "system");
    this.#hasSystem = true;
    this.#messages = content ? [{ role: "system", content }, ...rest] : rest;
  }

  /**
   * Selects the adapter that answers from now on, and its strength; null for the base. If neither it nor the model
   * has a chat template, the template of the previous adapter stays.
   */
  use(choice: SelectedAdapter): void {
    const { adapter } = this.#choice;
    const { adapters } = this.#model;
    const isBefore = (each: OpenedAdapter) => each === adapter || each.name === adapter;
    const before = adapter === undefined ? adapters.at(-1) : adapters.find(isBefore);
    const template = before?.opened.setup?.template;
    if (isConversing(template)) this.#templateBefore = template;
    this.#choice = choice;
  }

  /**
   * Sends a message, a text or a list of texts and images; yields the answer token by token, and its end. If it is stopped or the
   * caller leaves the loop, the text so far stays; if there is none, the message is removed. Throws the errors of `OpenedModel.stream`.
   */
  async *send(
    content: string | PartMessage["content"],
    options: TurnOptions = {},
  ): AsyncGenerator<TextEvent, void, undefined> {
    const before = this.#messages;
    this.#messages = [...before, ...messagesIn([{ role: "user", content }])];
    let isAnswered = false;
    try {
      for await (const event of this.#answer(options)) {
        isAnswered = true;
        yield event;
      }
    } finally {
      if (!isAnswered) this.#messages = before;
    }
  }

  /** Answers the last message again, with another random seed if tokens are sampled. Throws NO_TURN before the first. */
  async *retry(options: TurnOptions = {}): AsyncGenerator<TextEvent, void, undefined> {
    const last = this.#messages.map(({ role }) => role).lastIndexOf("user");
    if (last < 0) throw noTurn();
    this.#messages = this.#messages.slice(0, last + 1);
    yield* this.#answer(options);
  }

  /** Removes all messages except the system prompt. */
  clear(): void {
    this.#messages = this.#messages.filter(({ role }) => role === "system");
    this.forget();
  }

  /** Frees the cache; the next turn computes all tokens again. Call it after training the adapter that answers. */
  forget(): void {
    this.#prefix.forget();
  }

  dispose(): void {
    this.#prefix.dispose();
  }

  async *#answer({ signal }: TurnOptions): AsyncGenerator<TextEvent, void, undefined> {
    const messages = this.#messages;
    const { seed = 0 } = this.#options;
    const settings = await this.#settings(messages);
    // Each turn has its own random seed.
    const turn = { ...settings, seed: (seed + this.#turns++) >>> 0, prefix: this.#prefixFor(), signal };
    let content = "";
    try {
      for await (const event of this.#model.stream({ messages }, turn)) {
        content = event.type === "end" ? event.text : content + event.text;
        yield event;
      }
    } finally {
      if (content !== "") this.#messages = [...messages, { role: "assistant", content }];
    }
  }

  /** Generation options, limited to the positions left. */
  async #settings(messages: readonly ChatMessage[]): Promise<Omit<TextOptions, "prefix" | "signal"> & SelectedAdapter> {
    const settings = { ...this.#generation, ...this.#choice };
    try {
      return { ...settings, maxNewTokens: await this.#roomFor(messages, settings) };
    } catch (error) {
      const template = this.#templateBefore;
      const isLeft = error instanceof ChatTemplateMissingError && settings.template === undefined;
      if (!isLeft || template === undefined) throw error;
      return { ...settings, template, maxNewTokens: await this.#roomFor(messages, { ...settings, template }) };
    }
  }

  /** The requested number of tokens, limited to the positions left; at least one, which generation then refuses. */
  async #roomFor(messages: readonly ChatMessage[], settings: TextOptions & SelectedAdapter): Promise<number> {
    const { template, system, adapter } = settings;
    const prompt = await this.#model.promptIds({ messages }, { adapter, template, system });
    const maxNewTokens = settings.maxNewTokens ?? maxNewTokensInFile(this.#model.base, prompt.length) ?? defaultTokens;
    return Math.max(1, Math.min(maxNewTokens, positionLimit(this.#model.base.config) - prompt.length));
  }

  get #generation(): Omit<TextOptions, "prefix" | "signal"> {
    return this.#hasSystem ? { ...this.#options, system: "" } : this.#options;
  }

  /** A decoder reads a conversation as one text; an encoder–decoder reads it as source. */
  #prefixFor(): PrefixCache | undefined {
    return this.#model.base.task === "causal-lm" ? this.#prefix : undefined;
  }
}
