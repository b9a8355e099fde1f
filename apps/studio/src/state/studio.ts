// All that the page knows, in one place: a part for each slice, which alone changes it.

import { computed, effect, signal } from "@preact/signals";
import type { Store } from "../storage/store.ts";
import { type LanguageName, texts } from "../text/texts.ts";
import type { Ask } from "../worker-client.ts";
import { ChatState } from "./chat.ts";
import { keepChat } from "./keep-chat.ts";
import { ModelState } from "./model.ts";

/** What the page gives its state. */
export interface StudioPlace {
  readonly ask: Ask;
  /** What is there again on the next visit. */
  readonly store: Store;
  /** The page's address. */
  readonly base: string;
  /** The person's, in order. */
  readonly languages: readonly string[];
}

/** An adapter on the shelf. */
export interface ChosenAdapter {
  readonly id: string;
  readonly name: string;
}

export class Studio {
  readonly ask: Ask;
  readonly store: Store;
  /** The adapter that answers in the conversation: the one trained last, or taken from the shelf. */
  readonly chosen = signal<ChosenAdapter | undefined>(undefined);
  readonly language = signal<LanguageName>("en");
  readonly text = computed(() => texts[this.language.value]);
  /** Why nothing works any more, in plain words. */
  readonly broken = signal<string | undefined>(undefined);
  /** Said once to screen readers. */
  readonly announcement = signal("");

  readonly model: ModelState;
  readonly chat: ChatState;

  constructor(place: StudioPlace) {
    this.model = new ModelState(place.ask, place.base);
    this.ask = place.ask;
    this.store = place.store;
    const chats = computed(() => this.model.facts.value?.chats);
    this.chat = new ChatState({ ask: place.ask, chats, adapter: this.chosen });
    this.language.value = place.languages.some((name) => name.startsWith("ko")) ? "ko" : "en";
    effect(() => {
      if (typeof document !== "undefined") document.documentElement.lang = this.language.value;
    });
  }

  /** Starts what needs nobody: the engine, and what was kept from the last visit. */
  async start(): Promise<void> {
    void keepChat(this.chat, this.store, (error) => {
      this.chat.failure.value = error instanceof Error ? error.message : String(error);
    });
    await this.model.startUp();
  }

  breakDown(reason: string): void {
    this.broken.value = reason;
  }

  announce(sentence: string): void {
    this.announcement.value = sentence;
  }
}
