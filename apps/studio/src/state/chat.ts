// The conversation: questions, answers of the base and the adapted model, and generation settings.

import { batch, computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import type { ChatAnswer, ConversationLength, Side, Word } from "../protocol/chat.ts";
import type { Turn } from "../protocol/rows.ts";
import type { Store } from "../storage/store.ts";
import { readJsonFile, writeJsonFile } from "../storage/store.ts";
import { type Ask, failureOf } from "../worker-client.ts";
import type { Debounced } from "./debounced.ts";

/** A question and its answers, as far as they are written. */
export interface Exchange {
  readonly says: string;
  readonly base?: string | undefined;
  readonly adapted?: string | undefined;
  /** The words of the adapted answer, once it is complete. */
  readonly words?: readonly Word[] | undefined;
  /** The settings of the adapted answer. */
  readonly adapter?: string | undefined;
  readonly strength?: number | undefined;
  readonly wasStopped?: boolean;
  /** The person's vote. */
  readonly better?: Side | undefined;
}

export interface ChatSettings {
  readonly strength: number;
  readonly temperature: number;
  readonly topP: number;
  readonly maxNewTokens: number;
  readonly seed: number;
}

const defaultChatSettings: ChatSettings = { strength: 1, temperature: 0, topP: 0.95, maxNewTokens: 64, seed: 1 };

/** The parts of the page that the conversation needs. */
export interface ChatContext {
  readonly ask: Ask;
  readonly chats: ReadonlySignal<boolean | undefined>;
  /** The adapter that answers on the right. */
  readonly adapter: ReadonlySignal<{ readonly id: string; readonly name: string } | undefined>;
  /** The worker does one thing at a time: it cannot answer during training. */
  readonly isTraining: ReadonlySignal<boolean>;
  onAnswered(): void;
}

/** Milliseconds without typing or moving before the page reacts. */
const quietMilliseconds = 250;

export class ChatState {
  readonly exchanges = signal<readonly Exchange[]>([]);
  readonly draft = signal("");
  readonly settings = signal<ChatSettings>(defaultChatSettings);
  /** The length of the conversation with the draft. */
  readonly length = signal<ConversationLength | undefined>(undefined);
  readonly isAnswering = signal(false);
  readonly tokensPerSecond = signal(0);
  readonly failure = signal<string | undefined>(undefined);
  /** The last cleared conversation, for `undo`. */
  readonly cleared = signal<readonly Exchange[] | undefined>(undefined);
  readonly isTooLong = computed(() => (this.length.value?.tokens ?? 0) > (this.length.value?.max ?? 0));
  readonly canSend = computed(
    () =>
      this.#context.chats.value !== undefined &&
      !this.isAnswering.value &&
      !this.isTraining.value &&
      !this.isTooLong.value &&
      this.draft.value.trim() !== "",
  );
  /** Whether the model takes earlier turns into account; undefined while there is none. */
  readonly chats: ReadonlySignal<boolean | undefined>;
  readonly isTraining: ReadonlySignal<boolean>;
  readonly #context: ChatContext;
  /** The next question, after the current answer has ended. */
  #wantsAgain: "both" | "adapted" | undefined;
  #wait: ReturnType<typeof setTimeout> | undefined;

  constructor(context: ChatContext) {
    this.#context = context;
    this.chats = context.chats;
    this.isTraining = context.isTraining;
    effect(() => {
      const { value: draft } = this.draft;
      const { value: chats } = context.chats;
      if (chats === undefined || draft.trim() === "") {
        this.length.value = undefined;
        return;
      }
      const timer = setTimeout(() => void this.#count(draft), quietMilliseconds);
      return () => clearTimeout(timer);
    });
  }

  /** Sends the text in the field. */
  async send(): Promise<void> {
    if (!this.canSend.value) return;
    const says = this.draft.value.trim();
    const before = this.exchanges.value;
    batch(() => {
      this.exchanges.value = [...before, { says }];
      this.draft.value = "";
      this.cleared.value = undefined;
    });
    const isAnswered = await this.#answer(["base", ...this.#adaptedSide()]);
    if (isAnswered) return;
    batch(() => {
      this.exchanges.value = before;
      this.draft.value = says;
    });
  }

  stop(): void {
    this.#wantsAgain = undefined;
    void this.#context.ask("stopChat", undefined);
  }

  /** Changes how it answers. Another strength answers the last question again, at once. */
  set(changed: Partial<ChatSettings>): void {
    this.settings.value = { ...this.settings.value, ...changed };
    if (changed.strength === undefined) return;
    clearTimeout(this.#wait);
    this.#wait = setTimeout(() => void this.answerAgain("adapted"), quietMilliseconds);
  }

  /** Answers the last question again; if only the adapter changed, only its side. */
  async answerAgain(sides: "both" | "adapted" = "both"): Promise<void> {
    const { value: before } = this.exchanges;
    const last = before.at(-1);
    if (last === undefined || this.isTraining.value || (sides === "adapted" && this.#adaptedSide().length === 0))
      return;
    if (this.isAnswering.value) {
      this.#wantsAgain = sides;
      void this.#context.ask("stopChat", undefined);
      return;
    }
    const needsBase = sides === "both" || last.base === undefined || last.wasStopped === true;
    const isAnswered = await this.#answer([...(needsBase ? (["base"] as const) : []), ...this.#adaptedSide()]);
    if (!isAnswered) this.exchanges.value = before;
  }

  /** Votes for an answer; the same vote again takes it back. */
  vote(index: number, side: Side): void {
    this.exchanges.value = this.exchanges.value.map((exchange, position) =>
      position === index ? { ...exchange, better: exchange.better === side ? undefined : side } : exchange,
    );
  }

  clear(): void {
    batch(() => {
      if (this.exchanges.value.length > 0) this.cleared.value = this.exchanges.value;
      this.exchanges.value = [];
      this.failure.value = undefined;
    });
  }

  undo(): void {
    const { value: cleared } = this.cleared;
    if (cleared === undefined) return;
    batch(() => {
      this.exchanges.value = [...cleared, ...this.exchanges.value];
      this.cleared.value = undefined;
    });
  }

  /** Answers the last question; returns whether it succeeded. */
  async #answer(sides: readonly Side[]): Promise<boolean> {
    const { value: adapter } = this.#context.adapter;
    const { value: settings } = this.settings;
    const turns = turnsOf(this.exchanges.value);
    batch(() => {
      this.isAnswering.value = true;
      this.failure.value = undefined;
      this.#change(() => ({ better: undefined, ...Object.fromEntries(sides.map((side) => [side, ""])) }));
      if (sides.includes("adapted")) {
        this.#change(() => ({ words: undefined, adapter: adapter?.name, strength: settings.strength }));
      }
    });
    try {
      const request = { turns, sides, adapter: adapter?.id, ...settings };
      const answer = await this.#context.ask("chat", request, ({ side, text }) =>
        this.#change((last) => ({ [side]: `${last[side] ?? ""}${text}` })),
      );
      this.#show(answer, sides);
      this.#context.onAnswered();
      return true;
    } catch (error) {
      this.failure.value = failureOf(error).message;
      return false;
    } finally {
      this.isAnswering.value = false;
      const wanted = this.#wantsAgain;
      this.#wantsAgain = undefined;
      if (wanted !== undefined) void this.answerAgain(wanted);
    }
  }

  #show({ texts, words, wasStopped, tokensPerSecond }: ChatAnswer, sides: readonly Side[]): void {
    batch(() => {
      this.#change(() => ({ ...texts, wasStopped, ...(sides.includes("adapted") ? { words } : {}) }));
      if (tokensPerSecond > 0) this.tokensPerSecond.value = tokensPerSecond;
    });
  }

  #change(change: (last: Exchange) => Partial<Exchange>): void {
    const { value: all } = this.exchanges;
    const last = all.at(-1);
    if (last !== undefined) this.exchanges.value = [...all.slice(0, -1), { ...last, ...change(last) }];
  }

  #adaptedSide(): readonly Side[] {
    return this.#context.adapter.value === undefined ? [] : ["adapted"];
  }

  async #count(draft: string): Promise<void> {
    try {
      const turns = turnsOf([...this.exchanges.value, { says: draft }]);
      const length = await this.#context.ask("countTokens", turns);
      if (draft === this.draft.value) this.length.value = length;
    } catch {
      this.length.value = undefined; // asking reports the error
    }
  }
}

/** The conversation continues from the adapted answers if there are any: both sides get the same messages. */
export function turnsOf(exchanges: readonly Exchange[]): readonly Turn[] {
  return exchanges.flatMap(({ says, base, adapted }, index): readonly Turn[] => {
    const question: Turn = { role: "user", content: says };
    const answer = adapted || base;
    if (index === exchanges.length - 1 || !answer) return [question];
    return [question, { role: "assistant", content: answer }];
  });
}

interface KeptChat {
  readonly exchanges: readonly Exchange[];
  readonly settings: Partial<ChatSettings>;
}

interface ChatKeeping {
  readonly store: Store;
  readonly soon: Debounced;
}

const path = "chat.json";

/** Restores the saved conversation, and saves changes. */
export async function keepChat(chat: ChatState, { store, soon }: ChatKeeping): Promise<void> {
  const kept = await readJsonFile(store, path, isKeptChat);
  if (kept !== undefined && chat.exchanges.value.length === 0) {
    chat.exchanges.value = kept.exchanges;
    chat.settings.value = { ...defaultChatSettings, ...kept.settings };
  }
  effect(() => {
    const facts: KeptChat = { exchanges: chat.exchanges.value, settings: chat.settings.value };
    // The conversation continues without saving if the disk is full; the table of rows reports it.
    soon(() => void writeJsonFile(store, path, facts).catch(() => {}));
  });
}

function isKeptChat(value: unknown): value is KeptChat {
  if (typeof value !== "object" || value === null || !("exchanges" in value) || !("settings" in value)) return false;
  const { exchanges, settings } = value;
  const isExchange = (each: unknown) => typeof each === "object" && each !== null && "says" in each;
  return Array.isArray(exchanges) && exchanges.every(isExchange) && typeof settings === "object" && settings !== null;
}
