// All that the page knows, in one place: a part for each slice, which alone changes it.

import { computed, effect, type Signal, signal } from "@preact/signals";
import type { RunRequest } from "../protocol/run.ts";
import type { Store } from "../storage/store.ts";
import { type LanguageName, type Speech, speechIn } from "../text/texts.ts";
import type { Ask } from "../worker-client.ts";
import { announceRun } from "./announce-run.ts";
import { ChatState } from "./chat.ts";
import { debounced } from "./debounced.ts";
import { sharedPage, teachPreset } from "./fill-page.ts";
import { keepChat } from "./keep-chat.ts";
import { LookState } from "./look.ts";
import { ModelState } from "./model.ts";
import { Presets } from "./presets.ts";
import { RowsState } from "./rows.ts";
import { RunState } from "./run.ts";
import { SettingsState } from "./settings.ts";
import { Share } from "./share.ts";
import { ShelfState } from "./shelf.ts";
import { TakeHomeState } from "./take-home.ts";
import { TimingState } from "./timing.ts";

/** What the page gives its state. */
export interface StudioPlace {
  readonly ask: Ask;
  /** What is there again on the next visit. */
  readonly store: Store;
  /** The page's address. */
  readonly base: string;
  readonly speech: Speech;
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
  readonly #speech: Signal<Speech>;
  readonly language = computed(() => this.#speech.value.language);
  readonly text = computed(() => this.#speech.value.texts);
  /** Why nothing works any more, in plain words. */
  readonly broken = signal<string | undefined>(undefined);
  /** Said once to screen readers. */
  readonly announcement = signal("");

  readonly model: ModelState;
  readonly chat: ChatState;
  readonly rows: RowsState;
  readonly settings: SettingsState;
  readonly run: RunState;
  readonly presets: Presets;
  readonly share: Share;
  readonly timing: TimingState;
  readonly shelf: ShelfState;
  readonly look: LookState;
  readonly takeHome: TakeHomeState;
  readonly #keepChatSoon = debounced(400);

  constructor(place: StudioPlace) {
    this.#speech = signal(place.speech);
    this.model = new ModelState(place.ask, place);
    const { store } = place;
    const ask: Ask = (name, what, onNews) =>
      place.ask(name, what, onNews).catch((error: unknown) => {
        this.model.hear(error);
        throw error;
      });
    this.ask = ask;
    this.store = store;
    const kept = { ask, store, model: this.model.facts };
    this.rows = new RowsState(kept);
    this.settings = new SettingsState({
      ...kept,
      longest: this.rows.longest,
      count: computed(() => this.rows.teachable.value.length),
    });
    const request = () => this.#request();
    const onTaught = (id: string, name: string) => {
      this.chosen.value = { id, name };
    };
    this.run = new RunState({ ask, request, onTaught });
    this.timing = new TimingState({
      ask,
      request,
      model: this.model,
      rows: this.rows,
      settings: this.settings,
      run: this.run,
    });
    this.chat = new ChatState({
      ask,
      chats: computed(() => this.model.facts.value?.chats),
      adapter: this.chosen,
      isTraining: this.run.isBusy,
      onAnswered: () => this.announce(this.text.value.trying.answered),
    });
    this.shelf = new ShelfState({ ask, model: computed(() => this.model.facts.value?.name), chosen: this.chosen });
    this.look = new LookState(ask, this.chosen);
    this.takeHome = new TakeHomeState(ask);
    announceRun(this);
    this.presets = new Presets(this.model, (preset) => {
      return teachPreset(this, preset, this.text.value.presets.names[preset.id]);
    });
    this.share = new Share(sharedPage(this));
    effect(() => {
      if (typeof document !== "undefined") document.documentElement.lang = this.language.value;
    });
  }

  /** Starts what needs nobody: the engine, and what was kept from the last visit. */
  async start(): Promise<void> {
    void keepChat(this.chat, { store: this.store, soon: this.#keepChatSoon });
    await Promise.all([this.rows.restore(), this.settings.restore(), this.shelf.refresh(), this.model.startUp()]);
    await this.run.restore();
  }

  /** Writes what waits to be written: the page may be gone any moment. */
  flush(): void {
    this.rows.flush();
    this.settings.flush();
    this.#keepChatSoon.flush();
  }

  /** A run of what the table and the settings say now. */
  #request(): RunRequest {
    const { adapter, training, watched, name } = this.settings;
    return {
      rows: this.rows.written.value,
      adapter: adapter.value,
      training: training.value,
      watched: watched.value.trim() || this.rows.teachable.value[0]?.says,
      name: name.value.trim() || this.text.value.train.defaultName,
    };
  }

  /** Changes the language; where its words cannot be loaded, the one before goes on. */
  async speak(language: LanguageName): Promise<void> {
    const speech = await speechIn(language).catch(() => undefined);
    if (speech !== undefined) this.#speech.value = speech;
  }

  breakDown(reason: string): void {
    this.broken.value = reason;
  }

  announce(sentence: string): void {
    this.announcement.value = sentence;
  }
}
