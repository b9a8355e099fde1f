// A conversation with a model, turn by turn.

import type { ChatMessage } from "@lowrank/data";
import { PrefixCache } from "@lowrank/models";
import { noTurn } from "../errors/library-errors.ts";
import { ChatTemplateMissingError } from "../errors/model-errors.ts";
import type { TextEvent } from "../generate/continue-prompts.ts";
import { newTokensByFile } from "../generate/file-defaults.ts";
import type { TextOptions } from "../generate/text-rules.ts";
import { positionLimit } from "../open/position-limit.ts";
import type { AdapterChoice, OpenedModel } from "../opened-model.ts";
import { isConversing } from "../rows/tokens/choose-template.ts";

/** How answers are written, and what was said before. */
export interface ChatOptions extends Omit<TextOptions, "prefix" | "signal">, AdapterChoice {
  /** What the model is told to be, before all turns. */
  readonly system?: string | undefined;
  /** Earlier turns, to go on with. */
  readonly messages?: readonly ChatMessage[] | undefined;
}

/** Stops an answer; what was said of it stays. */
export interface TurnOptions {
  readonly signal?: AbortSignal | undefined;
}

/** As many new tokens as an answer has where neither the options nor the model's files say it. */
const defaultTokens = 512;

/**
 * A conversation. Keys and values of what was said are kept, so that a turn reads no more than what is new, as long as the same
 * adapter acts. Its owner disposes of it; the model stays its own.
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
  #choice: AdapterChoice;
  /** What the adapter that was to answer before remembers to write conversations with. */
  #templateBefore: string | undefined;
  #messages: readonly ChatMessage[];
  #turns = 0;
  /** Whether somebody said what the model is to be, or that it is nothing; else an adapter may remember it. */
  #isTold = false;

  constructor(model: OpenedModel, { system, messages = [], adapter, strength, ...options }: ChatOptions = {}) {
    this.#model = model;
    this.#options = options;
    this.#choice = { adapter, strength };
    this.#messages = messages;
    if (system !== undefined) this.system = system;
  }

  /** All that was said, what the model is told first. */
  get messages(): readonly ChatMessage[] {
    return this.#messages;
  }

  /** What the model is told to be. */
  get system(): string | undefined {
    return this.#messages.find(({ role }) => role === "system")?.content;
  }

  /** Tells it anew, with what was said since; an empty text takes it away. */
  set system(content: string | undefined) {
    const rest = this.#messages.filter(({ role }) => role !== "system");
    this.#isTold = true;
    this.#messages = content ? [{ role: "system", content }, ...rest] : rest;
  }

  /**
   * Which adapter answers from now on, and how strongly; null for the base. Where it remembers no template, nor has
   * the model one, it keeps that of the adapter before.
   */
  use(choice: AdapterChoice): void {
    const { adapter = this.#model.adapters.at(-1) } = this.#choice;
    const template = adapter?.opened.setup?.template;
    if (isConversing(template)) this.#templateBefore = template;
    this.#choice = choice;
  }

  /**
   * Says something; the answer comes token by token, and its end. If it is stopped or nobody listens any more, what was said of
   * it stays; if nothing was, the turn is taken back. Throws what `OpenedModel.stream` does.
   */
  async *send(content: string, options: TurnOptions = {}): AsyncGenerator<TextEvent, void, undefined> {
    const before = this.#messages;
    this.#messages = [...before, { role: "user", content }];
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

  /** Answers the last turn anew; where tokens are drawn by chance, by other chances. Throws NO_TURN before the first. */
  async *retry(options: TurnOptions = {}): AsyncGenerator<TextEvent, void, undefined> {
    const last = this.#messages.map(({ role }) => role).lastIndexOf("user");
    if (last < 0) throw noTurn();
    this.#messages = this.#messages.slice(0, last + 1);
    yield* this.#answer(options);
  }

  /** Forgets what was said, but not what the model is told to be. */
  clear(): void {
    this.#messages = this.#messages.filter(({ role }) => role === "system");
    this.forget();
  }

  /** Frees what is kept of the text; the next turn reads all of it. Call it after an adapter that answers has been trained. */
  forget(): void {
    this.#prefix.forget();
  }

  dispose(): void {
    this.#prefix.dispose();
  }

  async *#answer({ signal }: TurnOptions): AsyncGenerator<TextEvent, void, undefined> {
    const messages = this.#messages;
    const { seed = 0 } = this.#options;
    const asked = await this.#asked(messages);
    // Each turn draws by chances of its own.
    const drawn = { ...asked, seed: (seed + this.#turns++) >>> 0, prefix: this.#prefixFor(), signal };
    let content = "";
    try {
      for await (const event of this.#model.stream({ messages }, drawn)) {
        content = event.type === "end" ? event.text : content + event.text;
        yield event;
      }
    } finally {
      if (content !== "") this.#messages = [...messages, { role: "assistant", content }];
    }
  }

  /** How the answer is to be written, in what room there is. */
  async #asked(messages: readonly ChatMessage[]): Promise<Omit<TextOptions, "prefix" | "signal"> & AdapterChoice> {
    const asked = { ...this.#writing, ...this.#choice };
    try {
      return { ...asked, maxNewTokens: await this.#roomFor(messages, asked) };
    } catch (error) {
      const template = this.#templateBefore;
      const isLeft = error instanceof ChatTemplateMissingError && asked.template === undefined;
      if (!isLeft || template === undefined) throw error;
      return { ...asked, template, maxNewTokens: await this.#roomFor(messages, { ...asked, template }) };
    }
  }

  /** As many tokens as are asked for, and as the model has positions left for; one at least, which then is refused. */
  async #roomFor(messages: readonly ChatMessage[], asked: TextOptions & AdapterChoice): Promise<number> {
    const { template, system, adapter } = asked;
    const prompt = await this.#model.promptIds({ messages }, { adapter, template, system });
    const maxNewTokens = asked.maxNewTokens ?? newTokensByFile(this.#model.base, prompt.length) ?? defaultTokens;
    return Math.max(1, Math.min(maxNewTokens, positionLimit(this.#model.base.config) - prompt.length));
  }

  get #writing(): Omit<TextOptions, "prefix" | "signal"> {
    return this.#isTold ? { ...this.#options, system: "" } : this.#options;
  }

  /** A decoder reads a conversation as one text; an encoder–decoder's is its source. */
  #prefixFor(): PrefixCache | undefined {
    return this.#model.base.task === "causal-lm" ? this.#prefix : undefined;
  }
}
