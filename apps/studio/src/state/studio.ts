// The whole state of the page: a part for each slice, which alone changes it.

import { batch, computed, effect, type ReadonlySignal, type Signal, signal, untracked } from "@preact/signals";
import type { Preset } from "../presets/preset.ts";
import { recordedBase } from "../presets/presets.ts";
import type { RunRequest } from "../protocol/run.ts";
import type { CardContent } from "../share/layout-card.ts";
import type { Shared } from "../share/share-link.ts";
import type { Store } from "../storage/store.ts";
import { type LanguageName, type Speech, speechIn, type Texts } from "../text/texts.ts";
import type { Ask } from "../worker-client.ts";
import { ChatState, type Exchange, keepChat } from "./chat.ts";
import { debounced } from "./debounced.ts";
import { LookState } from "./look.ts";
import { ModelState } from "./model.ts";
import { Presets } from "./presets.ts";
import { RowsState } from "./rows.ts";
import { RunState } from "./run.ts";
import { SettingsState } from "./settings.ts";
import { Share, type SharedPage } from "./share.ts";
import { ShelfState } from "./shelf.ts";
import { TakeHomeState } from "./take-home.ts";
import { TimingState } from "./timing.ts";

/** The page's services for its state. */
export interface StudioContext {
  readonly ask: Ask;
  /** Storage that lasts until the next visit. */
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
  /** Whether another tab saves to the same place. */
  readonly isSecondTab = signal(false);
  /** Announced once to screen readers. */
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

  constructor(context: StudioContext) {
    this.#speech = signal(context.speech);
    this.model = new ModelState(context.ask, context);
    const { store } = context;
    const ask: Ask = (name, what, onProgress) =>
      context.ask(name, what, onProgress).catch((error: unknown) => {
        this.model.note(error);
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

  /** Starts the engine, and restores the data of the last visit. */
  async start(): Promise<void> {
    void keepChat(this.chat, { store: this.store, soon: this.#keepChatSoon });
    await Promise.all([this.rows.restore(), this.settings.restore(), this.shelf.refresh(), this.model.startUp()]);
    await this.run.restore();
  }

  /** Saves at once: the page may close at any moment. */
  flush(): void {
    this.rows.flush();
    this.settings.flush();
    this.#keepChatSoon.flush();
  }

  /** A run of the current table and settings. */
  #request(): RunRequest {
    const { adapter, training, name } = this.settings;
    const watched = this.settings.watched.value.trim() || this.rows.teachable.value[0]?.says;
    return {
      rows: this.rows.written.value,
      adapter: adapter.value,
      training: training.value,
      watched,
      watchedBase: recordedBase(this.model.source.value?.kind, watched),
      name: name.value.trim() || this.text.value.train.defaultName,
    };
  }

  /** Changes the language; if its texts cannot be loaded, the previous language stays. */
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

/** The loader of texts, and the current language. */
interface Announcer {
  readonly run: RunState;
  readonly text: ReadonlySignal<Texts>;
  announce(sentence: string): void;
}

function announceRun(studio: Announcer): void {
  const { run, text } = studio;
  let quarter = 0;
  const announceUntracked = (sentence: string) => untracked(() => studio.announce(sentence));
  effect(() => {
    const { value: phase } = run.phase;
    const { said: messages } = text.peek().train;
    if (phase === "preparing") {
      quarter = 0;
      announceUntracked(messages.started);
    } else if (phase === "paused") announceUntracked(messages.paused);
  });
  effect(() => {
    const { value: last } = run.last;
    if (last === undefined) return;
    const reached = Math.floor((4 * last.step) / last.steps);
    if (reached <= quarter || reached === 4) return;
    quarter = reached;
    announceUntracked(text.peek().train.said.share(25 * reached, last.loss.toFixed(2)));
  });
  effect(() => {
    const { value: result } = run.result;
    const { train } = text.peek();
    if (result?.reason === "finished") announceUntracked(train.finished(result.steps));
    if (result?.reason === "stopped") announceUntracked(train.stopped(result.steps));
  });
}

type Filling = Pick<Shared, "rows" | "adapter" | "training" | "watched">;

/** The parts of the page that it reaches. */
interface Page {
  readonly rows: RowsState;
  readonly settings: SettingsState;
  readonly model: ModelState;
  readonly run: RunState;
  readonly chat: ChatState;
}

/** Fills in the table and the settings, and returns a function that restores both. */
function fillPage({ rows, settings }: Page, { rows: pairs, ...others }: Filling, name: string): () => void {
  const before = {
    adapter: settings.adapter.value,
    training: settings.chosen.value,
    watched: settings.watched.value,
    name: settings.name.value,
  };
  batch(() => {
    rows.replace(pairs);
    settings.set({ ...others, name });
  });
  return () =>
    batch(() => {
      rows.takeBack();
      settings.set(before);
    });
}

/** Fills the page and trains. */
async function teachPreset(page: Page, preset: Preset, name: string): Promise<void> {
  fillPage(page, preset, name);
  await page.run.train();
}

/** The page's URL, clipboard and downloads, for links and pictures. */
function sharedPage(page: Page): SharedPage {
  return {
    current: () => ({
      rows: page.rows.written.value.map(({ id: _, ...row }) => row),
      adapter: page.settings.adapter.value,
      training: page.settings.training.value,
      watched: page.settings.watched.value,
      model: page.model.facts.value?.name ?? "",
    }),
    apply: (shared) => fillPage(page, shared, ""),
    beforeAfter: () => [...watchedLast(page), ...exchanged(page)],
  };
}

/** The answers of the conversation; those that the person liked better than the base's are last. */
function exchanged({ chat }: Page): readonly CardContent[] {
  const liked = ({ better }: Exchange) => Number(better === "adapted") - Number(better === "base");
  return chat.exchanges.value
    .filter(({ base, adapted }) => base && adapted)
    .sort((one, other) => liked(one) - liked(other))
    .map(({ says, base = "", adapted = "" }) => ({ prompt: says, before: base, after: adapted }));
}

/** The base's and the trained answer to the watched prompt: the first and the last frame of the filmstrip. */
function watchedLast({ run }: Page): readonly CardContent[] {
  const [first, ...later] = run.frames.value;
  const last = later.at(-1);
  if (first === undefined || last === undefined) return [];
  return [{ prompt: run.watched.value ?? "", before: first.text, after: last.text }];
}
